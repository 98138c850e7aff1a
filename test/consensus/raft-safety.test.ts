/** Random schedules of everything that can happen, with Raft's promises checked after every step. */
import { expect, test } from 'vitest';
import { type DurableState, isBehind } from '../../src/consensus/contract.ts';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import type { Position } from '../../src/wire/frame.ts';
import { asLogIndex, asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';
import { encodeRaftHardState } from '../../src/wire/raft-codec.ts';
import { Cluster, ELECTION_TICKS, HEARTBEAT_TICKS, type Node, seededRandom } from './cluster.ts';

function must(condition: boolean, promise: string): void {
  if (!condition) throw new Error(`broken: ${promise}`);
}

/** Watches a cluster for what must never happen. */
class Watch {
  readonly #cluster: Cluster;
  readonly #leaders = new Map<number, ReplicaId>();
  /** What anyone has seen committed, by index. */
  readonly #decided = new Map<number, string>();
  readonly #told = new Map<Node, Position>();
  readonly #reads = new Map<Node, Map<number, number>>();
  readonly #grantsSeen = new Map<Node, number>();
  highest = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  check(): void {
    for (const node of this.#cluster.alive) {
      this.#checkLeader(node);
      this.#checkCommitted(node);
      this.#checkPosition(node);
      this.#checkReads(node);
    }
  }

  asked(node: Node, read: number): void {
    const reads = this.#reads.get(node) ?? new Map<number, number>();
    reads.set(read, this.highest);
    this.#reads.set(node, reads);
  }

  restarted(node: Node): void {
    this.#reads.delete(node);
    this.#grantsSeen.delete(node);
    const told = this.#told.get(node);
    if (told) must(!isBehind(node.consensus.position(), told), 'a restart remembers what was told');
  }

  #checkLeader(node: Node): void {
    const { role, reign } = node.consensus.status();
    if (role !== 'leader') return;
    must((this.#leaders.get(reign) ?? node.id) === node.id, 'one leader for each reign');
    this.#leaders.set(reign, node.id);
  }

  #checkCommitted(node: Node): void {
    const last = node.committed.at(-1);
    if (last === undefined || last.index === node.checkedThrough) return;
    for (const { index, payload } of node.committed.slice(node.checkedThrough)) {
      const text = payload === undefined ? '' : new TextDecoder().decode(payload);
      must((this.#decided.get(index) ?? text) === text, 'what is committed never changes');
      this.#decided.set(index, text);
      this.highest = Math.max(this.highest, index);
    }
    node.checkedThrough = last.index;
  }

  #checkPosition(node: Node): void {
    const told = this.#told.get(node);
    if (told) must(!isBehind(node.told, told), 'a position never goes back');
    this.#told.set(node, node.told);
  }

  #checkReads(node: Node): void {
    const seen = this.#grantsSeen.get(node) ?? 0;
    for (const { read, index } of node.grants.slice(seen)) {
      must(index >= (this.#reads.get(node)?.get(read) ?? 0), 'a read sees all that was committed before it was asked');
    }
    this.#grantsSeen.set(node, node.grants.length);
  }
}

function step(cluster: Cluster, watch: Watch, random: () => number, serial: number): void {
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const node = pick(cluster.nodes);
  if (node === undefined) return;
  const chance = random();
  if (!node.alive) {
    if (chance < 0.05) {
      node.restart();
      watch.restarted(node);
      cluster.collect(node);
    }
  } else if (chance < 0.004) {
    node.crash();
  } else if (chance < 0.25) {
    node.consensus.tick();
    cluster.collect(node);
  } else if (chance < 0.45) {
    cluster.flush(node);
  } else if (chance < 0.5) {
    if (node.consensus.propose(new TextEncoder().encode(`${serial}`)).kind === 'accepted') cluster.collect(node);
  } else if (chance < 0.502) {
    const everyone = cluster.nodes.map(({ id }) => id);
    const voters = everyone.filter(() => random() < 0.6);
    const learners = everyone.filter((id) => !voters.includes(id) && random() < 0.5);
    if (voters.length > 0) node.consensus.pursue({ voters, learners });
    cluster.collect(node);
  } else if (chance < 0.53) {
    const outcome = node.consensus.read();
    if (outcome.kind === 'accepted') watch.asked(node, outcome.read);
    if (random() < 0.5) cluster.collect(node);
  } else {
    const at = random() < 0.8 ? 0 : Math.floor(random() * cluster.inFlight.length);
    const [envelope] = cluster.inFlight.splice(at, 1);
    if (envelope === undefined || random() < 0.05) return;
    if (random() < 0.05) cluster.inFlight.push(envelope);
    cluster.deliver(envelope);
  }
}

/** Brings everyone back into the membership. */
function hasEveryone(cluster: Cluster): boolean {
  const leader = cluster.leader();
  const outcome = leader.consensus.pursue({ voters: cluster.nodes.map(({ id }) => id), learners: [] });
  cluster.collect(leader);
  return outcome.kind === 'reached';
}

test('no schedule of ticks, losses, crashes, slow disks and changes of membership breaks a promise, and after it all the group recovers', () => {
  let decided = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    const cluster = new Cluster(raft, 3 + 2 * (seed % 2), seed);
    const watch = new Watch(cluster);
    for (let serial = 0; serial < 3_000; serial++) {
      if (serial % 700 === 0) {
        const cut = cluster.nodes[Math.floor(random() * cluster.nodes.length)]?.id;
        const oneWay = random() < 0.5;
        cluster.passes = (from, to) => from !== cut && (oneWay || to !== cut);
      }
      step(cluster, watch, random, serial);
      watch.check();
    }
    cluster.heal();
    for (const node of cluster.nodes.filter(({ alive }) => !alive)) {
      node.restart();
      watch.restarted(node);
    }
    cluster.tickUntil(() => cluster.hasLeader() && hasEveryone(cluster));
    cluster.propose(cluster.leader(), 'recovered');
    cluster.tick(8);
    watch.check();
    for (const node of cluster.nodes) expect(node.texts()).toEqual(cluster.leader().texts());
    expect(cluster.leader().texts().at(-1)).toBe('recovered');
    decided += watch.highest;
  }
  expect(decided).toBeGreaterThan(60 * 20);
}, 30_000);

const EMPTY_LOG = { firstIndex: asLogIndex(1), entries: [] };

function restartedFrom(durable: DurableState, id: ReplicaId, cluster: Cluster): Position {
  const voters = cluster.nodes.map((node) => node.id);
  const options = {
    random: () => 0,
    heartbeatTicks: HEARTBEAT_TICKS,
    electionTicks: ELECTION_TICKS,
    snapshot: () => undefined,
  };
  return raft.create({ replica: id, firstMembership: { voters, learners: [] }, durable, ...options }).position();
}

test('a disk that was rolled back behind an acknowledgement or a vote, or wiped, is seen to be behind', () => {
  const cluster = new Cluster(raft, 3);
  cluster.settle();
  const born = cluster.nodes.map((node) => node.disk.durable());
  const leader = cluster.elect();
  const elected = cluster.nodes.map((node) => node.disk.durable());
  cluster.propose(leader, 'acknowledged');
  cluster.tick(4);
  cluster.nodes.forEach((node, at) => {
    const told = node.consensus.position();
    const now = restartedFrom(node.disk.durable(), node.id, cluster);
    expect(isBehind(now, told)).toBe(false);
    const wiped: DurableState = { state: undefined, mark: undefined, log: EMPTY_LOG };
    for (const old of [born[at] ?? wiped, elected[at] ?? wiped, wiped]) {
      expect(isBehind(restartedFrom(old, node.id, cluster), told)).toBe(true);
    }
  });
});

test('a disk that has forgotten a vote is behind, even where it still knows the term', () => {
  const state = (vote: number | undefined) =>
    encodeRaftHardState({ term: 5, vote: vote === undefined ? vote : asReplicaId(vote), commit: asLogIndex(0) });
  const cluster = new Cluster(raft, 3);
  const before = restartedFrom({ state: state(undefined), mark: undefined, log: EMPTY_LOG }, asReplicaId(1), cluster);
  const after = restartedFrom({ state: state(2), mark: undefined, log: EMPTY_LOG }, asReplicaId(1), cluster);
  expect(isBehind(before, after)).toBe(true);
  expect(isBehind(after, before)).toBe(false);
});

test('a record that is damaged, missing or out of its place is a lost disk', () => {
  const cluster = new Cluster(raft, 3);
  cluster.propose(cluster.elect(), 'a');
  cluster.tick(2 * ELECTION_TICKS);
  const { state, log } = cluster.node(1).disk.durable();
  const first = asLogIndex(1);
  for (const [lost, entries] of [
    [state, log.entries.slice(1)],
    [state, []],
    [undefined, log.entries],
    [state, [...log.entries, new Uint8Array([255])]],
  ] as const) {
    const durable: DurableState = { state: lost, mark: undefined, log: { firstIndex: first, entries } };
    expect(() => restartedFrom(durable, cluster.node(1).id, cluster)).toThrow(
      expect.objectContaining({ code: 'STORAGE_LOST' }),
    );
  }
});

test('a quiet group writes its commit index in the end, and then rests', () => {
  const cluster = new Cluster(raft, 3);
  const leader = cluster.elect();
  const index = cluster.propose(leader, 'a');
  cluster.tick(2 * ELECTION_TICKS);
  for (const node of cluster.nodes) expect(node.consensus.position().settled).toBe(index);
  const writes = cluster.nodes.map((node) => node.persistCount);
  cluster.tick(4 * ELECTION_TICKS);
  expect(cluster.nodes.map((node) => node.persistCount)).toEqual(writes);
});

test('after a restart everything up to the durable commit index is handed out at once', () => {
  const cluster = new Cluster(raft, 3);
  cluster.propose(cluster.elect(), 'a');
  cluster.tick(2 * ELECTION_TICKS);
  const node = cluster.node(2);
  node.crash();
  node.restart();
  cluster.collect(node);
  expect(node.texts()).toEqual(['a']);
});
