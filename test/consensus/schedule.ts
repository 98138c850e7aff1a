/** Plays a random schedule of all kinds of events, and checks Raft's promises after every step. */
import { expect } from 'vitest';
import type { Membership } from '../../src/consensus/contract.ts';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { Cluster } from './cluster.ts';
import type { Node } from './node.ts';
import { seededRandom } from './random.ts';
import { Watch } from './watch.ts';

const STEPS = 3_000;
export const LARGEST_GROUP = 7;
const STEPS_BETWEEN_LOOKS = 20;

/** Number of events by kind. A schedule proves nothing about an event that never happened. */
export interface Counts {
  decided: number;
  flushesKnown: number;
  installs: number;
  cuts: number;
  transfers: number;
  changes: number;
  /** Number of restarts of a replica that had fetched only a part of a snapshot. */
  resumed: number;
}

export class Schedule {
  readonly cluster: Cluster;
  readonly watch: Watch;
  readonly #counts = { cuts: 0, transfers: 0, changes: 0, resumed: 0 };
  /** Numbers of voters in the memberships that a leader applied. Joint memberships are not included. */
  readonly voterCounts = new Set<number>();
  readonly #random: () => number;
  /** The target of every `reconcile`, until another target is drawn. */
  #target: Membership;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const size = 1 + (seed % LARGEST_GROUP);
    this.cluster = new Cluster(raft, size, seed, 1 + Math.floor(this.#random() * size));
    this.watch = new Watch(this.cluster);
    this.#target = this.cluster.node(1).consensus.status().membership;
  }

  counts(): Counts {
    const installs = this.cluster.nodes.reduce((sum, node) => sum + node.installs, 0);
    const { highest: decided, flushesKnown } = this.watch;
    return { ...this.#counts, decided, flushesKnown, installs };
  }

  run(): void {
    for (let serial = 0; serial < STEPS; serial++) {
      if (serial % 700 === 0) this.#partition();
      this.#step(serial);
      if (serial % STEPS_BETWEEN_LOOKS === 0) this.#countVoters();
      this.watch.check();
    }
  }

  #countVoters(): void {
    for (const { consensus } of this.cluster.alive) {
      const { role, membership, outgoingVoters } = consensus.status();
      if (role === 'leader' && outgoingVoters.length === 0) this.voterCounts.add(membership.voters.length);
    }
  }

  /** Ends all faults. Checks that every replica becomes a member and holds the same log. */
  recover(): void {
    const { cluster, watch } = this;
    if (this.#random() < 0.5) this.#crashEveryone();
    cluster.heal();
    for (const node of cluster.nodes) {
      node.offersSnapshots = true;
      if (!node.alive) this.#restart(node);
    }
    cluster.tickUntil(() => cluster.hasLeader() && this.hasEveryone(), 1_000);
    this.#countVoters();
    // Repeats the proposal, because a leader elected in the meantime may have replaced its entry.
    for (let attempt = 0; attempt < 10 && !this.#hasRecovered(); attempt++) {
      cluster.tickUntil(() => cluster.hasLeader() && this.#propose('recovered'), 1_000);
      cluster.tick(64);
    }
    expect(this.#hasRecovered()).toBe(true);
    watch.check();
    for (const node of cluster.nodes) {
      expect(node.texts()).toEqual(cluster.leader().texts());
      watch.checkMark(node);
    }
  }

  #step(serial: number): void {
    const node = this.#pick(this.cluster.nodes);
    if (node === undefined) return;
    const chance = this.#random();
    if (!node.alive) {
      if (chance < 0.05) this.#restart(node);
    } else if (chance < 0.004) {
      node.crash();
    } else if (chance < 0.25) {
      node.consensus.tick();
    } else if (chance < 0.45) {
      node.flush();
      this.watch.checkMark(node);
    } else if (chance < 0.5) {
      node.consensus.propose(bytesOf(`${serial}`));
    } else if (chance < 0.55) {
      this.#command(node);
    } else if (chance < 0.565) {
      this.cluster.transferChunk(node);
    } else {
      this.#deliver();
    }
    if (this.#random() < 0.9) this.cluster.collect(node);
  }

  #command(node: Node): void {
    const chance = this.#random();
    const { nodes } = this.cluster;
    if (chance < 0.02) {
      const everyone = nodes.map(({ id }) => id);
      const voters = everyone.filter(() => this.#random() < 0.6);
      const learners = everyone.filter((id) => !voters.includes(id) && this.#random() < 0.5);
      if (voters.length > 0) this.#target = { voters, learners };
    } else if (chance < 0.3) {
      if (node.consensus.reconcile(this.#target).kind === 'in-progress') this.#counts.changes++;
    } else if (chance < 0.36) {
      const to = this.#pick(nodes);
      if (to && node.consensus.transfer(to.id).kind === 'in-progress') this.#counts.transfers++;
    } else if (chance < 0.5) {
      if (node.checkpoint()) this.#counts.cuts++;
    } else if (chance < 0.55) {
      node.forgetOffer();
      node.offersSnapshots = this.#random() < 0.8;
    } else if (chance < 0.6) {
      const other = this.#pick(nodes);
      if (other && other !== node) node.consensus.reportUnreachable(other.id);
    } else {
      const outcome = node.consensus.read();
      if (outcome.kind === 'accepted') this.watch.asked(node, outcome.read);
    }
  }

  #deliver(): void {
    const { inFlight } = this.cluster;
    const at = this.#random() < 0.8 ? 0 : Math.floor(this.#random() * inFlight.length);
    const [envelope] = inFlight.splice(at, 1);
    if (envelope === undefined || this.#random() < 0.05) return;
    if (this.#random() < 0.05) inFlight.push(envelope);
    this.cluster.deliver(envelope);
  }

  #restart(node: Node): void {
    if (node.chunksHere > 0) this.#counts.resumed++;
    node.restart();
    this.watch.restarted(node);
    this.cluster.collect(node);
  }

  /** Crashes all nodes. Unflushed data and messages under way are lost. */
  #crashEveryone(): void {
    for (const node of this.cluster.alive) node.crash();
    this.cluster.inFlight.length = 0;
  }

  #partition(): void {
    const cut = this.#pick(this.cluster.nodes)?.id;
    const oneWay = this.#random() < 0.5;
    this.cluster.passes = (from, to) => from !== cut && (oneWay || to !== cut);
    this.cluster.chunksPass = (from, to) => from !== cut && to !== cut;
  }

  /** Makes every replica a voter. Returns whether all of them are voters now. */
  hasEveryone(): boolean {
    const leader = this.cluster.leader();
    const outcome = leader.consensus.reconcile({ voters: this.cluster.nodes.map(({ id }) => id), learners: [] });
    this.cluster.collect(leader);
    return outcome.kind === 'reached';
  }

  #hasRecovered(): boolean {
    return this.cluster.nodes.every((node) => node.texts().at(-1) === 'recovered');
  }

  /** Proposes an entry. Returns false if the leader rejects it, as during a transfer of leadership. */
  #propose(text: string): boolean {
    const leader = this.cluster.leader();
    const outcome = leader.consensus.propose(bytesOf(text));
    this.cluster.collect(leader);
    return outcome.kind === 'accepted';
  }

  #pick<Item>(items: readonly Item[]): Item | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
