/**
 * Random schedules of a group with lease reads, in real time. Each replica ticks at its own pace. Messages are delayed,
 * links break, tabs freeze, replicas restart, leaders change, and members change.
 */
import { simpleMembership } from '../../src/consensus/raft/membership.ts';
import { requestTransfer } from '../../src/consensus/raft/election.ts';
import { requestRead } from '../../src/consensus/raft/reads.ts';
import { propose } from '../../src/consensus/raft/replication.ts';
import { step } from '../../src/consensus/raft/step.ts';
import { asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';
import { encodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import type { RaftMessage, ReplicaChange } from '../../src/wire/raft/message.ts';
import { LeaseNode, TICK_MS } from './lease-node.ts';
import { must } from './must.ts';
import { seededRandom } from './random.ts';

const LIFE_MS = 60_000;
const STEP_MS = 10;
const SIZE = 5;

/** Number of events by kind. A schedule proves nothing about an event that never happened. */
export interface LeaseCounts {
  /** Number of reads that a leader answered without asking the quorum. `asked` counts the other reads at a leader. */
  atOnce: number;
  asked: number;
  terms: number;
  changes: number;
  transfers: number;
  restarts: number;
  /** Number of reads at a leader while a leader of a later term existed. */
  rivals: number;
}

interface Letter {
  readonly message: RaftMessage;
  readonly arrivesMs: number;
}

export class LeaseSchedule {
  readonly counts: LeaseCounts = { atOnce: 0, asked: 0, terms: 0, changes: 0, transfers: 0, restarts: 0, rivals: 0 };
  readonly #random: () => number;
  readonly #nodes: readonly LeaseNode[];
  /** The shortest and the longest length of a tick in milliseconds, for each replica. */
  readonly #paces: readonly (readonly [number, number])[];
  #letters: Letter[] = [];
  #passes: (from: ReplicaId, to: ReplicaId) => boolean = () => true;
  #nowMs = 0;
  #reads = 0;
  /**
   * The highest commit index that any replica knew when a read was requested, by the number of the read. The answer to
   * the read must include that index.
   */
  readonly #floors = new Map<number, number>();
  #highestCommit = 0;
  #highestTerm = 0;

  /** @param slowest how many times as long the longest tick is as the shortest; leases are safe up to 2 */
  constructor(seed: number, slowest: number) {
    this.#random = seededRandom(seed);
    const ids = Array.from({ length: SIZE }, (_, at) => asReplicaId(at + 1));
    const voters = this.#chance(0.7) ? ids.slice(0, 3) : ids;
    const birth = simpleMembership(voters, []);
    this.#nodes = ids.map((id) => new LeaseNode(id, birth, this.#random));
    const most = slowest * TICK_MS - STEP_MS;
    const paces = [
      [TICK_MS, TICK_MS],
      [most, most],
      [TICK_MS, most],
    ] as const;
    this.#paces = ids.map(() => this.#pick(paces));
  }

  /** Plays the schedule. @throws for a stale read */
  run(): void {
    for (; this.#nowMs < LIFE_MS; this.#nowMs += STEP_MS) {
      if (this.#nowMs % 1_000 === 0) this.#strike();
      for (const node of this.#nodes) if (node.frozenUntilMs <= this.#nowMs) this.#live(node);
    }
  }

  #live(node: LeaseNode): void {
    node.wake(this.#nowMs);
    // A tab that wakes up may handle a request or a message before its timer.
    if (this.#chance(0.03)) this.#ask(node);
    this.#noteLeader(node);
    if (node.nextTickMs <= this.#nowMs) this.#tick(node);
    const isRival = node.replica.role === 'leader' && node.replica.term < this.#highestTerm;
    if (isRival || this.#chance(0.02)) this.#ask(node);
    if (this.#chance(0.02)) propose(node.replica, [{ kind: 'normal', payload: new Uint8Array(1) }]);
    this.#settle(node);
  }

  #tick(node: LeaseNode): void {
    node.tick(this.#nowMs);
    const [least, most] = this.#paces[node.id - 1] ?? [TICK_MS, TICK_MS];
    const lengthMs = least + Math.floor((this.#random() * (most - least + STEP_MS)) / STEP_MS) * STEP_MS;
    node.nextTickMs = this.#nowMs + lengthMs;
  }

  #noteLeader(node: LeaseNode): void {
    const due = this.#letters.filter(({ message, arrivesMs }) => message.to === node.id && arrivesMs <= this.#nowMs);
    if (due.length === 0) return;
    this.#letters = this.#letters.filter((letter) => !due.includes(letter));
    for (const { message } of due) step(node.replica, message);
  }

  /** Requests a read at a node. Only a leader can answer at once, because a follower has to ask its leader. */
  #ask(node: LeaseNode): void {
    this.#settle(node);
    const { role, term, tracker } = node.replica;
    if (role !== 'leader' && this.#chance(0.8)) return;
    this.#reads++;
    this.#floors.set(this.#reads, this.#highestCommit);
    const read = this.#reads;
    requestRead(node.replica, read);
    this.#post(node.take());
    if (role !== 'leader' || tracker.membership.voters.length === 1) return;
    if (term < this.#highestTerm) this.counts.rivals++;
    if (node.granted.some(({ request }) => request.read === read)) this.counts.atOnce++;
    else this.counts.asked++;
    this.#check(node);
  }

  #settle(node: LeaseNode): void {
    this.#post(node.take());
    const { role, term, log } = node.replica;
    this.#highestCommit = Math.max(this.#highestCommit, log.committed);
    if (role === 'leader' && term > this.#highestTerm) {
      this.#highestTerm = term;
      this.counts.terms++;
    }
    this.#check(node);
  }

  #check(node: LeaseNode): void {
    for (const { request, index } of node.granted) {
      must(index >= (this.#floors.get(request.read) ?? 0), `no read is stale (at ${this.#nowMs} ms)`);
    }
    node.granted = [];
  }

  #post(messages: readonly RaftMessage[]): void {
    for (const message of messages) {
      if (!this.#passes(message.from, message.to) || this.#chance(0.02)) continue;
      const isLate = this.#chance(message.type === 'append' ? 0.02 : 0.1);
      const delayMs = this.#random() * (isLate ? 2_000 : 30);
      this.#letters.push({ message, arrivesMs: this.#nowMs + delayMs });
    }
  }

  /** Injects a fault at a leader and its peers. Several faults can exist at once. */
  #strike(): void {
    const node = this.#nodes.find(({ replica }) => replica.role === 'leader') ?? this.#pick(this.#nodes);
    if (this.#chance(0.2)) this.#handOver(node);
    if (this.#chance(0.1)) this.#change(node);
    this.#settle(node);
    this.#breakLinks(node.id);
    if (this.#chance(0.3)) node.frozenUntilMs = this.#nowMs + 2_000 * this.#random();
    for (const other of this.#nodes) if (other !== node && this.#chance(0.25)) this.#restart(other);
  }

  #breakLinks(leader: ReplicaId): void {
    const kind = this.#random();
    const lonely = this.#pick(this.#nodes).id;
    if (kind < 0.25) this.#passes = () => true;
    // One replica gets no messages from the leader, so it campaigns repeatedly.
    else if (kind < 0.5) this.#passes = (from, to) => !(from === leader && to === lonely);
    else if (kind < 0.7) this.#passes = (from, to) => from !== leader && to !== leader;
    else if (kind < 0.8) this.#passes = (from) => from !== leader;
    else if (kind < 0.9) this.#passes = (_from, to) => to !== leader;
    else this.#passes = (from, to) => from % 2 === to % 2;
  }

  #handOver(node: LeaseNode): void {
    if (node.replica.role !== 'leader') return;
    requestTransfer(node.replica, this.#pick(this.#nodes).id);
    this.counts.transfers++;
  }

  #change(node: LeaseNode): void {
    if (node.replica.role !== 'leader') return;
    const changes = this.#nodes
      .filter(() => this.#chance(0.5))
      .map(({ id }): ReplicaChange => ({ kind: this.#chance(0.6) ? 'add-voter' : 'remove', replica: id }));
    const remaining = new Set<number>(node.replica.tracker.membership.voters);
    for (const { kind, replica } of changes) {
      if (kind === 'remove') remaining.delete(replica);
      else remaining.add(replica);
    }
    // A sole voter would answer every read without asking others, so two voters must remain.
    if (remaining.size < 2) return;
    const payload = encodeMembershipChange({ transition: 'auto', changes, context: new Uint8Array(0) });
    if (propose(node.replica, [{ kind: 'membership', payload }])) this.counts.changes++;
  }

  #restart(node: LeaseNode): void {
    // Completes the pending work of the node before the crash.
    this.#settle(node);
    node.restart(this.#nowMs);
    this.counts.restarts++;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }
}
