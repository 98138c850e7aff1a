import { expect, test } from 'vitest';
import { changesIn } from '../../../src/sim/checkers/group-changes.ts';
import { OrderHistory } from '../../../src/sim/checkers/raft/order-history.ts';
import { ReplicaRecord } from '../../../src/sim/checkers/raft/replica-record.ts';
import { log, ScriptedReplica } from './scripted-replica.ts';

/** A record of a replica whose log has entries of these terms, from index 1 on. */
function recordOf(replica: number, ...terms: readonly number[]): ReplicaRecord {
  const record = new ReplicaRecord();
  const birth = new ScriptedReplica({}, replica, [1, 2, 3]).birth();
  for (const changes of changesIn([...birth, log(1, ...terms.map((term) => ({ term })))])) record.apply(changes);
  return record;
}

/**
 * Builds the situation of figure 8 of the Raft paper. Replicas 1 and 2 of 3 have flushed entry 2 of term 2. Replica 3
 * has flushed another entry 2, of term 3.
 */
function figure8(): { history: OrderHistory; long: ReplicaRecord; longToo: ReplicaRecord; other: ReplicaRecord } {
  const [long, longToo, other] = [recordOf(1, 1, 2, 4), recordOf(2, 1, 2, 4), recordOf(3, 1, 3)];
  const history = new OrderHistory(long.creation ?? { firstVoters: [] });
  for (const record of [long, longToo]) {
    history.holds(record, 1);
    history.flushed(record, 1);
  }
  history.holds(other, 1);
  return { history, long, longToo, other };
}

test('a log of a term between that of an entry and the term that committed it may lack the entry', () => {
  const { history, long, other } = figure8();
  expect(history.commits(long, 4, 1, 3)).toBe(true);
  expect(() => history.isComplete(other)).not.toThrow();
});

test('a log of a later term than the term that committed an entry must not lack it', () => {
  const { history, long, other } = figure8();
  history.commits(long, 2, 1, 2);
  expect(() => history.isComplete(other)).toThrow('leader completeness');
});

test('a later term that learns of a commit changes nothing, because earlier entries were committed with it', () => {
  const { history, long, longToo } = figure8();
  const late = recordOf(3, 1, 5);
  history.holds(late, 1);
  history.commits(long, 9, 1, 2);
  expect(() => history.isComplete(late)).not.toThrow();
  history.commits(longToo, 4, 1, 3);
  expect(() => history.isComplete(late)).toThrow('leader completeness');
});
