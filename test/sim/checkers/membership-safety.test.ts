import { expect, test } from 'vitest';
import { RaftSafety } from '../../../src/sim/checkers/raft/raft-safety.ts';
import { changing, log, membershipOf, ORDER, ScriptedReplica } from './scripted-replica.ts';

/** An order with voters 1, 2 and 3. Replica 1 leads in term 1. */
class Order {
  readonly safety = new RaftSafety();
  readonly replicas: readonly ScriptedReplica[];

  constructor(firstVoters = [1, 2, 3], others: readonly number[] = []) {
    this.replicas = [...firstVoters, ...others].map((replica) =>
      new ScriptedReplica(this.safety, replica, firstVoters).born(),
    );
    this.elects(1, 1, ...firstVoters);
  }

  replica(number: number): ScriptedReplica {
    const replica = this.replicas[number - 1];
    if (replica === undefined) throw new Error(`there is no replica ${number}`);
    return replica;
  }

  elects(leader: number, term: number, ...voters: readonly number[]): void {
    for (const voter of voters) this.replica(voter).votes(term, leader);
    this.replica(leader).stands({ role: 'leader', term });
  }

  /**
   * The named replicas flush the entries. The first of them is the leader, which then commits and applies the entries.
   */
  agrees(firstIndex: number, entries: Parameters<typeof log>[1][], ...replicas: readonly number[]): void {
    for (const replica of replicas) this.replica(replica).appends(firstIndex, ...entries);
    const last = firstIndex + entries.length - 1;
    this.replica(replicas[0] ?? 1).stands({ committed: last, applied: last });
  }
}

test('a leader without the votes of a quorum is reported', () => {
  const order = new Order();
  expect(() => order.elects(2, 2, 2)).toThrow('a leader is elected by a quorum of voters');
});

test('the vote of a replica that is not a voter does not count', () => {
  const order = new Order([1, 2, 3], [4]);
  order.agrees(1, [{ term: 1 }, { term: 1, change: changing(['add-learner', 4]) }], 1, 2, 4);
  expect(() => order.elects(2, 2, 2, 4)).toThrow('a leader is elected by a quorum of voters');
});

test('in a joint membership a leader needs the votes of both halves', () => {
  const order = new Order([1, 2, 3], [4, 5]);
  const change = changing(['add-voter', 4], ['add-voter', 5], ['remove', 2], ['remove', 3]);
  order.agrees(1, [{ term: 1 }, { term: 1, change }], 1, 2, 4, 5);
  order.replica(4).stands({ committed: 2, applied: 2 });
  expect(() => order.elects(4, 2, 4, 5)).toThrow('a leader is elected by a quorum of voters');
  order.replica(2).votes(2, 4);
  order.replica(1).votes(2, 4).stands({ role: 'follower', term: 2 });
  expect(() => order.replica(4).stands({ role: 'leader', term: 2 })).not.toThrow();
});

test('a commit without a quorum of the applied membership is reported', () => {
  const order = new Order([1, 2, 3], [4, 5]);
  const change = changing(['add-voter', 4], ['add-voter', 5]);
  order.agrees(1, [{ term: 1 }, { term: 1, change }], 1, 2);
  for (const replica of [1, 2]) order.replica(replica).appends(3, { term: 1 });
  // Two of the three outgoing voters and two of the five incoming voters have flushed the entry.
  expect(() => order.replica(1).stands({ committed: 3 })).toThrow('durability');
});

test('a change takes effect when it is applied, and commits by the membership before it', () => {
  const order = new Order([1, 2, 3], [4, 5]);
  const change = changing(['add-voter', 4], ['add-voter', 5]);
  expect(() => order.agrees(1, [{ term: 1 }, { term: 1, change }], 1, 2, 4)).not.toThrow();
  expect(() => order.agrees(3, [{ term: 1 }], 1, 2, 4)).not.toThrow();
});

test('a second change before the first is committed is reported', () => {
  const order = new Order([1, 2, 3], [4, 5]);
  const change = (replica: number) => ({ term: 1, change: changing(['add-learner', replica]) });
  expect(() => order.replica(1).begins(log(1, { term: 1 }, change(4), change(5)))).toThrow(
    'one change of membership at a time',
  );
});

test('a leader that is not a voter is reported', () => {
  const order = new Order();
  order.agrees(1, [{ term: 1 }], 1, 2);
  expect(() => order.agrees(2, [{ term: 1, change: changing(['remove', 1]) }], 1, 2)).toThrow('only a voter leads');
});

test('a candidate that is not a voter is reported', () => {
  const order = new Order([1, 2, 3], [4]);
  order.agrees(1, [{ term: 1 }, { term: 1, change: changing(['add-learner', 4]) }], 1, 2, 4);
  order.replica(4).stands({ role: 'candidate', term: 1, committed: 2, applied: 2 });
  expect(() => order.replica(4).says('pre-vote', 1, { term: 2 })).toThrow('only a voter stands for election');
});

test('a candidate that counts by an outdated membership is reported', () => {
  const order = new Order([1, 2, 3], [4, 5]);
  order.agrees(1, [{ term: 1 }, { term: 1, change: changing(['add-voter', 4]) }], 1, 2, 4);
  order.agrees(3, [{ term: 1, change: changing(['add-voter', 5]) }], 1, 2, 4);
  // The log of replica 3 holds both changes. Replica 3 counts by the three first voters.
  const late = order.replica(3);
  late.writes(
    log(
      1,
      { term: 1 },
      { term: 1, change: changing(['add-voter', 4]) },
      { term: 1, change: changing(['add-voter', 5]) },
    ),
  );
  late.stands({ role: 'candidate', term: 1 });
  expect(() => late.says('pre-vote', 2, { term: 2 })).toThrow('counts votes by the latest membership');
});

test('a replica id that is assigned twice and an order that is born twice are reported', () => {
  const order = new Order();
  const twin = new ScriptedReplica(order.safety, 3, [1, 2, 3], { radiant: 9 });
  expect(() => twin.born()).toThrow('a replica id belongs to one radiant');
  const stranger = new ScriptedReplica(order.safety, 4, [1, 2]);
  expect(() => stranger.born()).toThrow('an order is born once');
});

test('a radiant that returns as another replica begins empty', () => {
  const order = new Order([1, 2, 3]);
  order.agrees(1, [{ term: 1 }], 1, 2, 3);
  const again = new ScriptedReplica(order.safety, 4, [1, 2, 3], { radiant: 3 });
  expect(() => again.born()).toThrow('a new replica begins without records');
});

test('every replica follows the membership of its log, whichever entry was decided first', () => {
  const order = new Order([1, 2, 3], [4]);
  order.agrees(1, [{ term: 1 }, { term: 1, change: changing(['add-voter', 4]) }], 1, 2, 3);
  expect(order.safety.committed).toBe(2);
  expect(order.safety.history(ORDER)?.memberships.latest).toEqual(membershipOf([1, 2, 3, 4]));
});
