import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignmentOfSlot, validateConfiguration } from '../../src/cluster/configuration.ts';
import type { Beacon } from '../../src/cluster/formation.ts';
import { chooseFirstVoters, foundingConfiguration } from '../../src/cluster/formation.ts';
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import type { DeviceId, OrderId, RadiantId } from '../../src/wire/identifiers.ts';
import { asReplicaId, asSlot, idFromBytes, SLOT_COUNT } from '../../src/wire/identifiers.ts';

const id = <Id extends RadiantId | DeviceId | OrderId>(number: number) =>
  idFromBytes<Id>(new Uint8Array(16).fill(number));
const beacon = (radiant: number, device: number): Beacon => ({ radiant: id(radiant), device: id(device) });
const beacons = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 6 }))
    .map(([radiant, device]) => beacon(radiant, device)),
  { maxLength: 12, size: 'max' },
);

function configuration(): Configuration {
  const voters = chooseFirstVoters(id(1), [beacon(1, 1), beacon(2, 2), beacon(3, 3)], 3) ?? [];
  const terms = { algorithm: 'raft', stateMachine: 'key-value', replicationFactor: 3 };
  return foundingConfiguration({ cluster: idFromBytes(new Uint8Array(16)), order: id(9), ...terms }, voters);
}

test('nobody is chosen before enough are present, and then exactly as many as asked for', () => {
  fc.assert(
    fc.property(beacons, fc.integer({ min: 1, max: 7 }), (present, replicationFactor) => {
      const distinct = new Set(present.map(({ radiant }) => radiant)).size;
      const chosen = chooseFirstVoters(id(1), present, replicationFactor);
      expect(chosen?.length).toBe(distinct < replicationFactor ? undefined : replicationFactor);
      expect(new Set(chosen?.map(({ radiant }) => radiant)).size).toBe(chosen?.length ?? 0);
    }),
  );
});

test('the choice does not depend on the order in which beacons came', () => {
  fc.assert(
    fc.property(beacons, fc.gen(), (present, generate) => {
      const unique = [...new Map(present.map((one) => [one.radiant, one])).values()];
      const shuffled = generate(fc.shuffledSubarray, unique, { minLength: unique.length });
      expect(chooseFirstVoters(id(1), shuffled, 3)).toEqual(chooseFirstVoters(id(1), unique, 3));
    }),
  );
});

test('the founder is chosen, and then as many devices as there are', () => {
  const present = [beacon(9, 1), beacon(2, 1), beacon(3, 1), beacon(4, 2), beacon(5, 3)];
  expect(chooseFirstVoters(id(9), present, 3)).toEqual([beacon(9, 1), beacon(4, 2), beacon(5, 3)]);
  expect(chooseFirstVoters(id(9), present.slice(0, 3), 3)).toEqual([beacon(9, 1), beacon(2, 1), beacon(3, 1)]);
});

test('the founding configuration can be, and serves every slot once', () => {
  const founded = configuration();
  expect(() => validateConfiguration(founded)).not.toThrow();
  for (const slot of [0, 1, 8_191, SLOT_COUNT - 1]) {
    expect(assignmentOfSlot(founded, asSlot(slot))?.order.id).toBe(id(9));
  }
});

const whole = configuration();
const [order] = whole.orders;
const [first, ...others] = order?.firstVoters ?? [];
const changed = (part: Partial<Configuration>): Configuration => ({ ...whole, ...part });
const withVoters = (...firstVoters: readonly (typeof first)[]): Configuration =>
  changed({
    orders: whole.orders.map((one) => ({ ...one, firstVoters: firstVoters.flatMap((voter) => voter ?? []) })),
  });
const withShards = (...shards: readonly (readonly [number, number])[]): Configuration =>
  changed({
    orders: whole.orders.map((one) => ({
      ...one,
      shards: shards.map(([from, to]) => ({ first: asSlot(from), last: asSlot(to), epoch: 1, source: undefined })),
    })),
  });

test.each([
  ['number 0', changed({ number: 0 })],
  ['no algorithm', changed({ algorithm: '' })],
  ['a replication factor of 0', changed({ replicationFactor: 0 })],
  ['no order', changed({ orders: [] })],
  ['an order twice', changed({ orders: [...whole.orders, ...whole.orders] })],
  ['no voters', withVoters()],
  ['a radiant twice', withVoters(first, first === undefined ? undefined : { ...first, replica: asReplicaId(7) })],
  ['a replica id twice', withVoters(...others, others[0] === undefined ? undefined : { ...others[0], radiant: id(7) })],
  ['a gap between shards', withShards([0, 5], [7, SLOT_COUNT - 1])],
  ['shards that overlap', withShards([0, 5], [5, SLOT_COUNT - 1])],
  ['the end of the ring left out', withShards([0, 100])],
])('a configuration with %s is refused', (_, broken) => {
  expect(() => validateConfiguration(broken)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
