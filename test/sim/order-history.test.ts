import { expect, test } from 'vitest';
import { OrderHistory } from '../../src/sim/checkers/order-history.ts';
import { ReplicaLog } from '../../src/sim/checkers/replica-log.ts';
import { groupLogKey } from '../../src/storage/keys.ts';
import { asLogIndex, asReplicaId, idFromBytes, type OrderId } from '../../src/wire/identifiers.ts';
import { encodeRaftEntry } from '../../src/wire/raft-codec.ts';
import { encodeLogRecord } from '../../src/wire/record-codec.ts';

const ORDER = idFromBytes<OrderId>(new Uint8Array(16));
const [ONE, TWO, THREE] = [asReplicaId(1), asReplicaId(2), asReplicaId(3)];

/** A log of entries of these terms, from index 1 on. */
function logOf(...terms: readonly number[]): ReplicaLog {
  const entries = terms.map((term, at) =>
    encodeRaftEntry({ term, index: asLogIndex(at + 1), kind: 'normal', payload: new Uint8Array(0) }),
  );
  return new ReplicaLog(
    ORDER,
    new Map([[groupLogKey(ORDER, asLogIndex(1)), encodeLogRecord({ firstIndex: asLogIndex(1), entries })]]),
  );
}

/** Replicas 1 and 2 of 3 have flushed entry 2 of term 2; replica 3 knows of another one, of term 3. */
function figure8(): { history: OrderHistory; long: ReplicaLog; other: ReplicaLog } {
  const history = new OrderHistory();
  const long = logOf(1, 2, 4);
  const other = logOf(1, 3);
  for (const replica of [ONE, TWO]) {
    history.holds(replica, long, 1);
    history.flushed(replica, long, 1);
  }
  history.holds(THREE, other, 1);
  return { history, long, other };
}

test('a log of a term between that of an entry and the reign that committed it may lack the entry', () => {
  const { history, long, other } = figure8();
  expect(history.commits(ONE, 4, long, 1, 3, 3)).toBe(1);
  expect(() => history.isComplete(THREE, other)).not.toThrow();
});

test('a log of a later term than the reign that committed an entry must not lack it', () => {
  const { history, long, other } = figure8();
  history.commits(ONE, 2, long, 1, 2, 3);
  expect(() => history.isComplete(THREE, other)).toThrow('leader completeness');
});

test('who learns of it in a later reign changes nothing: what lies before an entry was committed with it', () => {
  const { history, long } = figure8();
  const late = logOf(1, 5);
  history.holds(THREE, late, 1);
  history.commits(ONE, 9, long, 1, 2, 3);
  expect(() => history.isComplete(THREE, late)).not.toThrow();
  history.commits(TWO, 4, long, 1, 3, 3);
  expect(() => history.isComplete(THREE, late)).toThrow('leader completeness');
});
