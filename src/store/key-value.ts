import type { StateMachineKind } from './contract.ts';
import { KeyValueRestoration } from './key-value-restoration.ts';
import { KeyValueStore } from './key-value-store.ts';

export const KEY_VALUE: StateMachineKind = {
  name: 'key-value',
  create: ({ shards, header }) => KeyValueStore.create({ shards, generation: header.generation }),
  restoration: () => new KeyValueRestoration(),
};
