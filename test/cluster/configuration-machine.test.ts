import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extent } from '../extent.ts';
import { headerOf } from '../../src/cluster/configuration.ts';
import { planAdministration } from '../../src/cluster/administration.ts';
import { CONFIGURATION_MACHINE } from '../../src/cluster/configuration-machine.ts';
import type { StateMachine } from '../../src/store/contract.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Configuration, ConfigurationChange } from '../../src/wire/configuration/configuration.ts';
import type { Administration } from '../../src/wire/frames/frame.ts';
import { asLogIndex, asSlot } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { damaged, errorOf, isNoneOrTyped } from '../wire/frame-mutation.ts';
import { ableOrders, founded, order, participant } from './worlds.ts';

const FOUNDED = founded({ radiants: 7, shards: 6 });
const FOUNDING: ConfigurationChange = { orders: FOUNDED.orders, removed: [] };

function unborn(): StateMachine {
  return CONFIGURATION_MACHINE.create({ shards: [], header: headerOf(FOUNDED) });
}

function born(configuration = FOUNDED): StateMachine {
  const machine = CONFIGURATION_MACHINE.create({ shards: [], header: headerOf(configuration) });
  decide(machine, 0, { orders: configuration.orders, removed: [] });
  return machine;
}

/** Applies a configuration change as the next entry of the log. */
function decide(machine: StateMachine, base: number, change: ConfigurationChange, term = 1) {
  const index = asLogIndex(machine.appliedIndex + 1);
  return machine.apply({ kind: 'configure', logTimeMs: 10 * index, term, base, change }, index);
}

function latestOf(machine: StateMachine): Configuration {
  const { configuration } = machine;
  if (configuration === undefined) throw new Error('nothing is founded');
  return configuration;
}

/** Applies the change that the administration requires. Returns false if no change is required. */
function administer(machine: StateMachine, administration: Administration): boolean {
  const latest = latestOf(machine);
  const outcome = planAdministration(latest, administration, ableOrders(latest));
  if (outcome.kind !== 'change') return false;
  expect(decide(machine, latest.number, outcome.change)).toEqual({ kind: 'changed' });
  return true;
}

/** Applies change `at` of a series of small changes. Each change differs from the one before. */
function turn(machine: StateMachine, at: number): void {
  const slot = asSlot(1 + (at % 3));
  const isChanged =
    administer(machine, { kind: 'fracture', slot }) || administer(machine, { kind: 'consolidate', slot });
  assert(isChanged, 'a shard begins at the slot, or it does not');
}

function restore(chunks: Iterable<Uint8Array>): StateMachine {
  const restoration = CONFIGURATION_MACHINE.restoration();
  for (const chunk of chunks) restoration.add(chunk);
  return restoration.finish();
}

test('the first decision is the founding, and its result is exactly configuration 1', () => {
  const machine = unborn();
  expect(machine.configuration).toBeUndefined();
  // A tab already shows configuration 1, and may query it by its number.
  for (const number of [undefined, 1, 1_000]) {
    expect(machine.read({ kind: 'query', number })).toMatchObject({ code: 'UNAVAILABLE' });
  }
  expect(decide(machine, 0, FOUNDING)).toEqual({ kind: 'changed' });
  expect(machine.configuration).toEqual(FOUNDED);
  expect(decide(machine, 0, FOUNDING)).toEqual({ kind: 'unchanged' });
});

test('a decision that is based on another configuration than the latest, or of an earlier term, changes nothing', () => {
  const machine = born();
  const learner = (number: number) => {
    const latest = latestOf(machine);
    const outcome = planAdministration(
      latest,
      { kind: 'join', participants: [participant(number)] },
      ableOrders(latest),
    );
    if (outcome.kind !== 'change') throw new Error(outcome.kind);
    return outcome.change;
  };
  const stale = learner(50);
  expect(decide(machine, 1, stale, 4)).toEqual({ kind: 'changed' });
  const digest = machine.digest();
  expect(decide(machine, 1, learner(51), 4)).toEqual({ kind: 'unchanged' });
  expect(decide(machine, 2, learner(51), 3)).toEqual({ kind: 'unchanged' });
  expect(decide(machine, 3, learner(51), 9)).toEqual({ kind: 'unchanged' });
  // A bondsmith of term 9 has decided, so a decision of term 8 is stale. The decision of term 9 had no effect.
  expect(decide(machine, 2, learner(51), 8)).toEqual({ kind: 'unchanged' });
  expect(latestOf(machine).number).toBe(2);
  expect(machine.digest()).not.toBe(digest);
  expect(decide(machine, 2, learner(51), 9)).toEqual({ kind: 'changed' });
});

test('an impossible change is refused, and so is an entry that is not a decision', () => {
  const machine = born();
  const nonsense = { orders: [], removed: [order(1)] };
  expect(decide(machine, 1, nonsense)).toMatchObject({ kind: 'refused', code: 'INVALID_ARGUMENT' });
  const index = asLogIndex(machine.appliedIndex + 1);
  const shard = { first: asSlot(0), last: asSlot(5), epoch: 2 };
  const entry = { kind: 'freeze', logTimeMs: 900, shard, to: order(2) } as const;
  expect(machine.apply(entry, index)).toMatchObject({ kind: 'refused', code: 'INVALID_ARGUMENT' });
  expect([machine.appliedIndex, machine.logTimeMs]).toEqual([index, 900]);
  expect(machine.configuration).toEqual(FOUNDED);
  const read = { kind: 'read', slot: asSlot(1), shardEpoch: 1, key: new Uint8Array([1]) } as const;
  expect(machine.read(read)).toMatchObject({ code: 'WRONG_SHARD' });
});

test('the latest 10,000 configurations can be queried', { timeout: 120_000 }, () => {
  const machine = born(founded({ radiants: 1, shards: 1 }));
  const known = new Map([[1, latestOf(machine)]]);
  const restoredAt = LIMITS.configuration.configurations + 700;
  let restored: StateMachine | undefined;
  for (let at = 0; at < LIMITS.configuration.configurations + 1_500; at++) {
    turn(machine, at);
    if (restored !== undefined) turn(restored, at);
    if (at === restoredAt) restored = restore(machine.chunks());
    const latest = latestOf(machine);
    if (latest.number % 977 < 2) known.set(latest.number, latest);
  }
  const { number } = latestOf(machine);
  expect(number).toBe(LIMITS.configuration.configurations + 1_501);
  for (const [asked, configuration] of known) {
    const isKept = asked > number - LIMITS.configuration.configurations;
    const expected = isKept ? { kind: 'configuration', configuration } : { code: 'CONFIGURATION_COMPACTED' };
    expect(machine.read({ kind: 'query', number: asked })).toMatchObject(expected);
  }
  const oldest = number - LIMITS.configuration.configurations + 1;
  expect(machine.read({ kind: 'query', number: oldest }).kind).toBe('configuration');
  expect(machine.read({ kind: 'query', number: oldest - 1 })).toMatchObject({ code: 'CONFIGURATION_COMPACTED' });
  expect(machine.read({ kind: 'query', number: number + 1 })).toMatchObject({ code: 'UNKNOWN_CONFIGURATION' });
  expect(restored?.digest()).toBe(machine.digest());
  const chunks = [...machine.chunks()];
  expect([...(restored?.chunks() ?? [])]).toEqual(chunks);
  for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(LIMITS.snapshots.snapshotChunkMaximumBytes);
});

const operation: fc.Arbitrary<Administration> = fc.oneof(
  fc.record({ kind: fc.constantFrom('fracture', 'consolidate'), slot: fc.nat(40).map((at) => asSlot(at * 400)) }),
  fc.record({
    kind: fc.constant('join'),
    participants: fc.array(
      fc.integer({ min: 20, max: 60 }).map((at) => participant(at)),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    kind: fc.constant('move'),
    slot: fc.nat(40).map((at) => asSlot(at * 400)),
    to: fc.constantFrom(order(1), order(2)),
  }),
);
const operations = fc.array(operation, { maxLength: 25 });

function sightOf(machine: StateMachine) {
  const { configuration, appliedIndex, logTimeMs } = machine;
  const last = configuration?.number ?? 0;
  const past = Array.from({ length: last + 2 }, (_, number) => machine.read({ kind: 'query', number }));
  return { configuration, appliedIndex, logTimeMs, past, digest: machine.digest() };
}

test('a machine that is restored from the chunks of a clone continues like the original', () => {
  fc.assert(
    fc.property(operations, operations, fc.boolean(), (before, after, isFounded) => {
      const original = isFounded ? born() : unborn();
      if (isFounded) for (const one of before) administer(original, one);
      const clone = original.clone();
      const sight = sightOf(clone);
      if (!isFounded) decide(original, 0, FOUNDING);
      for (const one of after) administer(original, one);
      expect(sightOf(clone)).toEqual(sight);
      const restored = restore(clone.chunks());
      expect(sightOf(restored)).toEqual(sight);
      for (const state of [clone, restored]) {
        if (!isFounded) decide(state, 0, FOUNDING);
        for (const one of after) administer(state, one);
        expect(sightOf(state)).toEqual(sightOf(original));
        expect([...state.chunks()]).toEqual([...original.chunks()]);
      }
    }),
    { numRuns: 50 },
  );
});

test('a damaged chunk is refused with a typed error or yields a working state', () => {
  const cases = operations.chain((list) => {
    const state = born();
    for (const one of list) administer(state, one);
    return fc.record({ chunk: damaged(fc.constant([...state.chunks()][0] ?? new Uint8Array())), rest: operations });
  });
  fc.assert(
    fc.property(cases, ({ chunk, rest }) => {
      const error = errorOf(() => restore([chunk]));
      expect(error).toSatisfy(isNoneOrTyped);
      if (error !== undefined) return;
      const state = restore([chunk]);
      // A number without a successor comes only from damage, which a checksum or a digest detects before this code.
      fc.pre([state.appliedIndex, state.configuration?.number ?? 0].every((number) => number < 1e9));
      if (state.configuration === undefined) return;
      expect(() => rest.forEach((one) => administer(state, one))).not.toThrow();
      expect(sightOf(restore(state.clone().chunks()))).toEqual(sightOf(state));
    }),
    { numRuns: extent(300, 1_000) },
  );
});
