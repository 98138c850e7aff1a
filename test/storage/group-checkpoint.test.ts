import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Checkpoints } from '../../src/storage/group-checkpoint.ts';
import { GroupLog } from '../../src/storage/group-log.ts';
import {
  groupCheckpointKey,
  groupChunkKey,
  groupChunkPrefix,
  groupIncomingKey,
  groupLogPrefix,
  parseGroupChunkKey,
} from '../../src/storage/keys.ts';
import { asLogIndex } from '../../src/wire/identifiers.ts';
import { errorOf } from '../wire/frame-mutation.ts';
import { bytesOf, type Disk, type Found, GroupWorld, load, ORDER, sightOf } from './group-world.ts';

/** A random fraction. It is drawn as an integer, because most random doubles would be close to 0. */
const part = fc.nat(100).map((percent) => percent / 100);
const count = fc.nat(4);
/** Random steps of a replica. Steps that are common in production are frequent. */
const step: fc.Arbitrary<(world: GroupWorld) => void> = fc.oneof(
  { weight: 8, arbitrary: count.map((entries) => (world: GroupWorld) => world.append(1, entries)) },
  {
    weight: 2,
    arbitrary: fc.tuple(part, count).map(
      ([at, entries]) =>
        (world: GroupWorld) =>
          world.append(at, entries),
    ),
  },
  { weight: 6, arbitrary: part.map((of) => (world: GroupWorld) => world.apply(of)) },
  { weight: 3, arbitrary: fc.constant((world: GroupWorld) => world.begin()) },
  { weight: 5, arbitrary: fc.constant((world: GroupWorld) => world.put()) },
  { weight: 3, arbitrary: fc.constant((world: GroupWorld) => world.complete()) },
  { weight: 3, arbitrary: part.map((of) => (world: GroupWorld) => world.forget(of)) },
  { weight: 2, arbitrary: count.map((ahead) => (world: GroupWorld) => world.fetch(ahead)) },
  { weight: 4, arbitrary: fc.constant((world: GroupWorld) => world.putIncoming()) },
  { weight: 1, arbitrary: fc.constant((world: GroupWorld) => world.dropIncoming()) },
  { weight: 2, arbitrary: count.map((entries) => (world: GroupWorld) => world.install(entries)) },
  { weight: 2, arbitrary: part.map((of) => (world: GroupWorld) => expectFound(world, world.crash(of))) },
);
const steps = fc.array(step, { maxLength: 80, size: 'max' });

/**
 * Steps in which a checkpoint reaches a higher index than the snapshot that is being fetched. The manifest of the
 * checkpoint is the last record.
 */
const overtaking: ((world: GroupWorld) => void)[] = [
  (world) => world.fetch(0),
  (world) => world.putIncoming(),
  (world) => world.append(1, 4),
  (world) => world.apply(1),
  (world) => world.begin(),
  (world) => world.put(),
  (world) => world.complete(),
];

function expectFound(world: GroupWorld, found: Found): void {
  expect(sightOf(found)).toEqual(world.memory);
}

function run(script: readonly ((world: GroupWorld) => void)[]): GroupWorld {
  const world = new GroupWorld();
  for (const one of script) one(world);
  return world;
}

test('after a crash a replica finds the last complete checkpoint and the log after it, without remains', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const world = run(script);
      const { leftOver } = world;
      const crashed = world.crash(1);
      expectFound(world, crashed);
      expect(crashed.states.garbage).toHaveLength(leftOver);
      const found = world.crash(1);
      expectFound(world, found);
      const { states, log } = found;
      expect(states.garbage).toEqual([]);
      const records = [states.current, states.incoming].flatMap((state) => (state ? [1 + state.chunks.length] : []));
      expect(world.disk.size).toBe(records.reduce((sum, of) => sum + of, log.log.recordCount));
      expect(log.log.bytes).toBe(logBytes(world.disk));
    }),
    { numRuns: 500 },
  );
});

function logBytes(disk: Disk): number {
  const records = [...disk].filter(([key]) => key.startsWith(groupLogPrefix(ORDER)));
  return records.reduce((sum, [, { length }]) => sum + length, 0);
}

test('a replica with one missing record reports the loss or finds an earlier state, never a wrong one', () => {
  fc.assert(
    fc.property(steps, part, (script, at) => {
      const world = run(script);
      world.crash(1);
      const keys = [...world.disk.keys()];
      fc.pre(keys.length > 0);
      const key = keys[Math.min(keys.length - 1, Math.floor(at * keys.length))] ?? '';
      world.disk.delete(key);
      const truth = world.memory;
      const error = errorOf(() => {
        const { state, incoming, entries } = sightOf(load(world.disk));
        expect([truth.state, undefined]).toContainEqual(state);
        // If the deleted record is the manifest of a newer checkpoint, an older snapshot is found as incoming again. The
        // content of that snapshot is not checked.
        const isOvertaken = incoming !== undefined && incoming.index <= (truth.state?.index ?? 0);
        expect(isOvertaken ? '' : (incoming?.content ?? '')).toSatisfy((part: string) =>
          (truth.incoming?.content ?? '').includes(part),
        );
        expect(entries.length).toBeLessThanOrEqual(truth.entries.length);
        const first = 1 + (truth.state?.index ?? 0);
        expect(entries.slice(first)).toEqual(truth.entries.slice(first, entries.length));
      });
      expect(error).toSatisfy((one) => one === undefined || isLost(one));
    }),
    { numRuns: 500, examples: [[overtaking, 1]] },
  );
});

const isLost = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'STORAGE_LOST';

/**
 * A disk with a checkpoint of three chunks at index 6, and a log from index 5 on. Two chunks of a snapshot at index 20
 * are fetched.
 */
function completeDisk(): Disk {
  const disk: Disk = new Map();
  const log = GroupLog.empty(ORDER);
  const states = Checkpoints.empty(ORDER);
  const entries = Array.from({ length: 4 }, (_, at) => bytesOf(`entry ${at}`));
  const changes = [...log.replaceFrom(asLogIndex(1), entries), ...log.replaceFrom(asLogIndex(5), entries)];
  log.commitThrough(asLogIndex(6));
  changes.push(...states.begin(asLogIndex(6)));
  for (const text of ['a', 'b', 'c']) changes.push(...states.put(bytesOf(text)));
  changes.push(
    ...states.complete(bytesOf('compaction point'), bytesOf('description')),
    ...log.forgetThrough(asLogIndex(6)),
  );
  changes.push(...states.beginIncoming({ index: asLogIndex(20), description: bytesOf('description') }));
  for (const text of ['d', 'e']) changes.push(...states.putIncoming(bytesOf(text)));
  for (const change of changes) {
    if (change.kind === 'put') disk.set(change.key, change.value);
    else disk.delete(change.key);
  }
  return disk;
}

test('an incomplete or misplaced checkpoint is lost', () => {
  const own = (number: number) => groupChunkKey(ORDER, { origin: 'own', index: asLogIndex(6), number });
  const fetched = (number: number) => groupChunkKey(ORDER, { origin: 'fetched', index: asLogIndex(20), number });
  const unreadable = Uint8Array.of(0xff, 0xff);
  const damages: ((disk: Disk) => void)[] = [
    (disk) => disk.delete(groupCheckpointKey(ORDER)),
    (disk) => disk.set(groupCheckpointKey(ORDER), unreadable),
    (disk) => disk.set(groupCheckpointKey(ORDER), new Uint8Array()),
    (disk) => disk.set(groupIncomingKey(ORDER), unreadable),
    (disk) => disk.delete(own(0)),
    (disk) => disk.delete(own(2)),
    (disk) => disk.delete(fetched(0)),
    (disk) => disk.set(`${groupChunkPrefix(ORDER)}own/6/1`, bytesOf('b')),
  ];
  expect(errorOf(() => load(completeDisk()))).toBe(undefined);
  for (const damage of damages) {
    const disk = completeDisk();
    damage(disk);
    expect(errorOf(() => load(disk))).toSatisfy(isLost);
  }
});

test('the remains of an interrupted write are deleted', () => {
  const disk = completeDisk();
  const leftOver = [
    groupChunkKey(ORDER, { origin: 'own', index: asLogIndex(8), number: 0 }),
    groupChunkKey(ORDER, { origin: 'fetched', index: asLogIndex(19), number: 3 }),
  ];
  for (const key of leftOver) disk.set(key, bytesOf('x'));
  expect(load(disk).states.garbage).toEqual(leftOver.map((key) => ({ kind: 'delete', key })));
  disk.delete(groupIncomingKey(ORDER));
  expect(load(disk).states.incoming).toBe(undefined);
  expect(load(disk).states.garbage).toHaveLength(4);
});

test('checkpoints out of order are rejected before anything changes', () => {
  const states = Checkpoints.load(ORDER, completeDisk()).checkpoints;
  const outOfTurn = [
    () => states.put(bytesOf('x')),
    () => states.complete(bytesOf('compaction point'), bytesOf('description')),
    () => states.begin(asLogIndex(6)),
    () => states.beginIncoming({ index: asLogIndex(6), description: bytesOf('description') }),
    () => {
      states.begin(asLogIndex(7));
      states.complete(bytesOf('compaction point'), bytesOf('description'));
    },
    () => {
      states.dropIncoming();
      states.install(bytesOf('compaction point'));
    },
  ];
  for (const call of outOfTurn) expect(errorOf(call)).toMatchObject({ code: 'INVARIANT_BROKEN' });
});

test('the key of a chunk names its order, index and number', () => {
  for (const origin of ['own', 'fetched'] as const) {
    const place = { origin, index: asLogIndex(1_234_567), number: 89 };
    expect(parseGroupChunkKey(ORDER, groupChunkKey(ORDER, place))).toEqual(place);
  }
  const foreign = ['identity', groupCheckpointKey(ORDER), `${groupChunkPrefix(ORDER)}own/1/2`];
  for (const key of foreign) expect(parseGroupChunkKey(ORDER, key)).toBe(undefined);
});
