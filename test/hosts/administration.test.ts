import { expect, test } from 'vitest';
import type { Call } from '../../src/client/contract.ts';
import { StoreAdministration } from '../../src/hosts/administration.ts';
import { slotOfKey } from '../../src/store/key.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { configurationOf, WHOLE_RING } from '../client/bench.ts';

const CONFIGURATION = configurationOf(4, [[WHOLE_RING]]);
const ID = 'ab'.repeat(16);

function administration(): { readonly store: StoreAdministration; readonly asked: Call[] } {
  const asked: Call[] = [];
  const store = new StoreAdministration(async (call) => {
    asked.push(call);
    return { kind: 'configuration', configuration: CONFIGURATION };
  });
  return { store, asked };
}

test('every change is sent to the bondsmith and resolves to the configuration', async () => {
  const { store, asked } = administration();
  const answers = [
    await store.configuration(),
    await store.configuration(3),
    await store.join({ radiant: ID, device: ID }),
    await store.leave(ID),
    await store.move({ slot: 5 }, ID),
    await store.fracture({ key: 'greeting' }),
    await store.consolidate({ slot: 8_192 }),
  ];
  expect(answers).toEqual(answers.map(() => CONFIGURATION));
  const slot = slotOfKey(new TextEncoder().encode('greeting'));
  expect(asked).toEqual([
    { kind: 'query', number: undefined },
    { kind: 'query', number: 3 },
    { kind: 'administer', administration: { kind: 'join', participants: [{ radiant: ID, device: ID }] } },
    { kind: 'administer', administration: { kind: 'leave', radiants: [ID] } },
    { kind: 'administer', administration: { kind: 'move', slot: 5, to: ID } },
    { kind: 'administer', administration: { kind: 'fracture', slot } },
    { kind: 'administer', administration: { kind: 'consolidate', slot: 8_192 } },
  ]);
});

test('an invalid change is refused before it is sent', async () => {
  const { store, asked } = administration();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
  const wrong = (value: unknown) => value as never;
  const calls = [
    store.move({ slot: 16_384 }, ID),
    store.move({ slot: -1 }, ID),
    store.move({ slot: 5 }, 'c81d04'),
    store.move(wrong(5), ID),
    store.move(wrong({ slot: 5, key: 'greeting' }), ID),
    store.fracture({ key: '' }),
    store.leave(wrong(undefined)),
    store.join(wrong({ radiant: ID })),
    store.join(wrong(undefined)),
    store.join(wrong(null)),
    store.move({ slot: wrong(Symbol('a slot')) }, ID),
    store.fracture({ slot: wrong(Object.create(null)) }),
    store.fracture({ slot: wrong(5n) }),
    store.configuration(wrong(Symbol('a number'))),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  const tooLong = store.consolidate({ key: 'k'.repeat(LIMITS.messages.keyBytes + 1) });
  await expect(tooLong).rejects.toMatchObject({ code: 'KEY_TOO_LARGE' });
  expect(asked).toEqual([]);
});
