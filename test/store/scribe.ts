/** Writes log entries and applies them to a store. */
import type { ApplyResult, ReadResult } from '../../src/store/contract.ts';
import { KeyValueStore } from '../../src/store/key-value-store.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { Condition, MachineEntry, Operation } from '../../src/wire/entries/command.ts';
import {
  asLogIndex,
  asSequenceNumber,
  asSlot,
  type ClientId,
  parseId,
  SLOT_COUNT,
} from '../../src/wire/identifiers.ts';

export interface ScribeOptions {
  readonly generation?: number;
  /** Each shard as first slot, last slot and epoch. Default: one shard with all slots at epoch 1. */
  readonly shards?: readonly (readonly [number, number, number])[];
}

export interface CommandOptions {
  readonly finishedThrough?: number;
  readonly shardEpoch?: number;
  readonly condition?: Condition;
  /** Slot that the command names. Default: the slot of the key. */
  readonly slot?: number;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function clientNamed(name: string): ClientId {
  return parseId<ClientId>(Buffer.from(name).toString('hex').padStart(32, '0'));
}

export class Scribe {
  readonly store: KeyValueStore;
  readonly log: MachineEntry[] = [];
  logTimeMs = 0;

  constructor({ generation = 0, shards = [[0, SLOT_COUNT - 1, 1]] }: ScribeOptions = {}) {
    this.store = KeyValueStore.create({
      generation,
      shards: shards.map(([first, last, epoch]) => ({ first: asSlot(first), last: asSlot(last), epoch })),
    });
  }

  apply(entry: MachineEntry): ApplyResult {
    this.log.push(entry);
    return this.store.apply(entry, asLogIndex(this.log.length));
  }

  open(client: string): ApplyResult {
    return this.apply({ kind: 'open-session', logTimeMs: this.logTimeMs, client: clientNamed(client) });
  }

  put(client: string, sequence: number, key: string, value: string, options?: CommandOptions): ApplyResult {
    return this.#command(client, sequence, { kind: 'put', key: bytesOf(key), value: bytesOf(value) }, options);
  }

  append(client: string, sequence: number, key: string, value: string, options?: CommandOptions): ApplyResult {
    return this.#command(client, sequence, { kind: 'append', key: bytesOf(key), value: bytesOf(value) }, options);
  }

  /** @param element JSON text */
  appendElement(client: string, sequence: number, key: string, element: string): ApplyResult {
    return this.#command(client, sequence, { kind: 'append-element', key: bytesOf(key), value: bytesOf(element) });
  }

  delete(client: string, sequence: number, key: string, options?: CommandOptions): ApplyResult {
    return this.#command(client, sequence, { kind: 'delete', key: bytesOf(key) }, options);
  }

  read(key: string, { slot, shardEpoch = 1 }: CommandOptions = {}): ReadResult {
    const keyBytes = bytesOf(key);
    const place = slot === undefined ? slotOfKey(keyBytes) : asSlot(slot);
    return this.store.read({ kind: 'read', slot: place, shardEpoch, key: keyBytes });
  }

  /** The value of a key. Undefined: the key is missing. */
  get(key: string): string | undefined {
    const result = this.read(key);
    return result.kind === 'value' ? new TextDecoder().decode(result.value) : undefined;
  }

  #command(client: string, sequence: number, operation: Operation, options: CommandOptions = {}): ApplyResult {
    const { finishedThrough = 0, shardEpoch = 1, slot } = options;
    return this.apply({
      kind: 'command',
      logTimeMs: this.logTimeMs,
      client: clientNamed(client),
      command: {
        sequence: asSequenceNumber(sequence),
        finishedThrough: asSequenceNumber(finishedThrough),
        slot: slot === undefined ? slotOfKey(operation.key) : asSlot(slot),
        shardEpoch,
        operation: { ...operation, condition: options.condition },
      },
    });
  }
}
