import { expect, test } from 'vitest';
import { SeenReplicas } from '../../src/cluster/seen-replicas.ts';
import type { PersistNumber } from '../../src/consensus/contract.ts';
import type { RadiantEffect } from '../../src/radiant/event.ts';
import { ReplicaWrites } from '../../src/radiant/replica/replica-writes.ts';
import { Writer } from '../../src/radiant/writer.ts';
import { GroupLog } from '../../src/storage/group-log.ts';
import { groupStateKey } from '../../src/storage/keys.ts';
import { assert } from '../../src/wire/assertion.ts';
import { asLogIndex, idFromBytes, ID_BYTES, type OrderId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';

const ORDER = idFromBytes<OrderId>(new Uint8Array(ID_BYTES).fill(1));

test('the state on the disk is never older than the log on the disk, however writes are divided', () => {
  const { persist, fill, write, onDisk } = start();
  persist({ entry: 1, state: 1 });
  fill();
  persist({ entry: 2, state: 2 });
  fill();
  persist({ state: 3 });
  const found = [];
  while (write()) found.push(onDisk());
  expect(found.length).toBeGreaterThan(1);
  expect(found.filter(({ state, lastIndex }) => state === undefined || state < lastIndex)).toEqual([]);
  expect(found.at(-1)).toEqual({ state: 3, lastIndex: 2 });
});

test('an append that waits when a snapshot arrives is reported durable only once it is on the disk', () => {
  const { persist, fill, write, onDisk } = start();
  const atDurable: unknown[] = [];
  persist({ entry: 1, state: 1 }, () => atDurable.push(onDisk()));
  fill();
  persist({ snapshot: 5, state: 5 });
  expect(write()).toBe(true);
  expect(atDurable).toEqual([{ state: 1, lastIndex: 1 }]);
  expect(write()).toBe(true);
  expect(onDisk()).toEqual({ state: 5, lastIndex: 0 });
});

/** The writes of one replica, its disk, and another replica of the same radiant that fills whole writes. */
function start() {
  const effects: RadiantEffect[] = [];
  const writer = new Writer(effects, { nowMs: 0, times: TIMES }, []);
  const log = GroupLog.empty(ORDER);
  let snapshotIndex = 0;
  const whenDurable = new Map<PersistNumber, () => void>();
  const writes = new ReplicaWrites({
    order: ORDER,
    log,
    writer,
    seen: new SeenReplicas(),
    clock: { nowMs: 0, times: TIMES },
    state: { applied: asLogIndex(0) },
    install: () => log.restartBehind(asLogIndex(snapshotIndex)),
    onPersisted: (persist) => whenDurable.get(persist.number)?.(),
  });
  const disk = new Map<string, Uint8Array>();
  let number = 0;
  return {
    persist: (what: { entry?: number; snapshot?: number; state: number }, onDurable: () => void = () => undefined) => {
      number += 1;
      assertPersistNumber(number);
      snapshotIndex = what.snapshot ?? 0;
      const { entry, snapshot, state } = what;
      whenDurable.set(number, onDurable);
      writes.persist({
        number,
        state: Uint8Array.of(state),
        snapshot:
          snapshot === undefined
            ? undefined
            : { compactionPoint: { index: asLogIndex(snapshot), bytes: new Uint8Array() } },
        log: entry === undefined ? undefined : { firstIndex: asLogIndex(entry), entries: [new Uint8Array(1)] },
      });
    },
    fill: () =>
      writer.add([{ kind: 'put', key: 'group/2/log', value: new Uint8Array(LIMITS.log.writeBytes) }], () => undefined),
    /** Writes all pending changes of the replica to the disk. @returns whether the replica had changes to write */
    write: (): boolean => {
      writer.begin();
      const [effect] = effects.splice(0);
      if (effect?.kind !== 'write') return false;
      for (const change of effect.batch) {
        if (change.kind === 'put') disk.set(change.key, change.value);
        else disk.delete(change.key);
      }
      writer.written(effect.write);
      return true;
    },
    /** The records of the replica on the disk. A last index of 0 means that the log is empty. */
    onDisk: () => ({
      state: disk.get(groupStateKey(ORDER))?.[0],
      lastIndex: GroupLog.load(ORDER, disk).entries.length,
    }),
  };
}

function assertPersistNumber(value: number): asserts value is PersistNumber {
  assert(value >= 1, 'batches are counted from 1');
}
