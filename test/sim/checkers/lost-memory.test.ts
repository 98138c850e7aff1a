import { expect, test } from 'vitest';
import { RaftSafety } from '../../../src/sim/checkers/raft/raft-safety.ts';
import { Violation } from '../../../src/sim/violation.ts';
import { changing, ORDER, orderNumbered, ScriptedReplica } from './scripted-replica.ts';

const LATER_ORDER = orderNumbered(2);

function violationOf(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.property;
    throw error;
  }
}

const PROMISE = 'a radiant that lost its memory never votes or acknowledges';

test.each([
  ['votes', (replica: ScriptedReplica) => replica.votes(1, 2).says('vote-response', 2, { term: 1 })],
  ['stands for election', (replica: ScriptedReplica) => replica.votes(1, 1).says('vote', 2, { term: 1 })],
  [
    'acknowledges',
    (replica: ScriptedReplica) => replica.appends(1, { term: 1 }).says('append-response', 2, { term: 1, index: 1 }),
  ],
])('a radiant %s only in an order that it entered after it lost its memory', (_, promise) => {
  const safety = new RaftSafety();
  const forgotten = new ScriptedReplica(safety, 1, [1, 2, 3]).born();
  safety.losesMemory(forgotten.radiant, 'rolled back');
  const later = new ScriptedReplica(safety, 1, [1, 2, 3], { order: LATER_ORDER }).born();
  expect(violationOf(() => promise(later))).toBeUndefined();
  expect(violationOf(() => promise(forgotten))).toBe(PROMISE);
});

test('a loss counts in an order whose records only a later boot has flushed', () => {
  const safety = new RaftSafety();
  const first = new ScriptedReplica(safety, 1, [1, 2, 3]).born();
  first.votes(1, 2);
  safety.ended(first);
  safety.losesMemory(first.radiant, 'wiped');
  safety.started(first, new Map());
  const returned = new ScriptedReplica(safety, 1, [1, 2, 3]).born();
  expect(violationOf(() => returned.votes(1, 3).says('vote-response', 3, { term: 1 }))).toBe(PROMISE);
});

test('an order has a forgetful member until its membership no longer includes the member', () => {
  const safety = new RaftSafety();
  const replicas = [1, 2, 3].map((replica) => new ScriptedReplica(safety, replica, [1, 2, 3]).born());
  const [one, , three] = replicas;
  if (one === undefined || three === undefined) throw new Error('there are three replicas');
  expect(safety.ordersWithForgetful(three.radiant)).toEqual([]);
  safety.losesMemory(three.radiant, 'wiped');
  expect(safety.hasLostMemory(ORDER, three.radiant)).toBe(true);
  expect(safety.hasLostMemory(ORDER, one.radiant)).toBe(false);
  expect(safety.hasLostMemory(LATER_ORDER, three.radiant)).toBe(false);
  expect(safety.ordersWithForgetful(three.radiant)).toEqual([ORDER]);
  for (const replica of replicas.slice(0, 2)) replica.votes(1, 1);
  one.stands({ role: 'leader', term: 1 });
  for (const replica of replicas.slice(0, 2)) replica.appends(1, { term: 1, change: changing(['remove', 3]) });
  one.stands({ committed: 1, applied: 1 });
  expect(safety.ordersWithForgetful(three.radiant)).toEqual([]);
});
