/** Random schedules of everything that can happen, with Raft's promises checked after every step. */
import { expect, test } from 'vitest';
import { raft } from '../../src/consensus/raft/algorithm.ts';
import { Cluster } from './cluster.ts';
import type { Node } from './node.ts';
import { seededRandom } from './random.ts';
import { Watch } from './watch.ts';

const STEPS = 3_000;
const SEEDS = 80;

/** What happened over all schedules: one that never occurs proves nothing. */
export const counts = { decided: 0, installs: 0, cuts: 0, transfers: 0, changes: 0, resumed: 0 };

export class Schedule {
  readonly cluster: Cluster;
  readonly watch: Watch;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const size = 1 + (seed % 5);
    this.cluster = new Cluster(raft, size, seed, 1 + Math.floor(this.#random() * size));
    this.watch = new Watch(this.cluster);
  }

  run(): void {
    for (let serial = 0; serial < STEPS; serial++) {
      if (serial % 700 === 0) this.#partition();
      this.#step(serial);
      this.watch.check();
    }
  }

  /** Everything works again: everyone takes part, and holds the same. */
  recover(): void {
    const { cluster, watch } = this;
    cluster.heal();
    for (const node of cluster.nodes) {
      node.offersSnapshots = true;
      if (!node.alive) this.#restart(node);
    }
    cluster.tickUntil(() => cluster.hasLeader() && this.hasEveryone(), 1_000);
    cluster.tickUntil(() => this.#propose('recovered'), 1_000);
    cluster.tickUntil(() => cluster.nodes.every((node) => node.texts().at(-1) === 'recovered'), 1_000);
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
    } else if (chance < 0.6) {
      if (this.#random() < 0.8) this.cluster.transferChunk(node);
    } else {
      this.#deliver();
    }
    if (this.#random() < 0.9) this.cluster.collect(node);
  }

  #command(node: Node): void {
    const chance = this.#random();
    const { nodes } = this.cluster;
    if (chance < 0.08) {
      const everyone = nodes.map(({ id }) => id);
      const voters = everyone.filter(() => this.#random() < 0.6);
      const learners = everyone.filter((id) => !voters.includes(id) && this.#random() < 0.5);
      if (voters.length === 0) return;
      if (node.consensus.pursue({ voters, learners }).kind === 'under-way') counts.changes++;
    } else if (chance < 0.14) {
      const to = this.#pick(nodes);
      if (to && node.consensus.transfer(to.id).kind === 'under-way') counts.transfers++;
    } else if (chance < 0.5) {
      if (node.checkpoint()) counts.cuts++;
    } else if (chance < 0.55) {
      node.forgetOffer();
      node.offersSnapshots = this.#random() < 0.8;
    } else if (chance < 0.6) {
      const other = this.#pick(nodes);
      if (other && other !== node) node.consensus.lost(other.id);
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
    if (node.chunksHere > 0) counts.resumed++;
    node.restart();
    this.watch.restarted(node);
    this.cluster.collect(node);
  }

  #partition(): void {
    const cut = this.#pick(this.cluster.nodes)?.id;
    const oneWay = this.#random() < 0.5;
    this.cluster.passes = (from, to) => from !== cut && (oneWay || to !== cut);
    this.cluster.chunksPass = (from, to) => from !== cut && to !== cut;
  }

  /** Brings everyone into the membership. */
  hasEveryone(): boolean {
    const leader = this.cluster.leader();
    const outcome = leader.consensus.pursue({ voters: this.cluster.nodes.map(({ id }) => id), learners: [] });
    this.cluster.collect(leader);
    return outcome.kind === 'reached';
  }

  /** While the office is handed over, nothing is taken. */
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

test('no schedule of ticks, losses, crashes, slow disks, compaction, snapshots and changes of membership breaks a promise, and after it all the group recovers', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const schedule = new Schedule(seed);
    try {
      schedule.run();
      schedule.recover();
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    counts.decided += schedule.watch.highest;
    counts.installs += schedule.cluster.nodes.reduce((sum, { installs }) => sum + installs, 0);
  }
  expect(counts.decided).toBeGreaterThan(SEEDS * 20);
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(SEEDS / 10);
}, 60_000);
