/**
 * Replicas of one order around the contract of consensus: real message bytes, and a disk for each
 * that flushes when it is told to and forgets on a crash what it has not flushed.
 */
import type {
  CommittedEntry,
  Consensus,
  ConsensusAlgorithm,
  DurableState,
  Persist,
  ReadGrant,
  ReadNumber,
} from '../../src/consensus/contract.ts';
import type { Position } from '../../src/wire/frame.ts';
import { asLogIndex, asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';

export const ELECTION_TICKS = 16;
export const HEARTBEAT_TICKS = 2;

interface Envelope {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  readonly message: Uint8Array;
}

/** A small generator of numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a disk holds, and what was handed to it and not flushed. */
export class Disk {
  state: Uint8Array | undefined;
  log: Uint8Array[] = [];
  readonly waiting: Persist[] = [];

  flush(): Persist | undefined {
    const persist = this.waiting.shift();
    if (persist?.state) this.state = persist.state;
    if (persist?.log) {
      this.log.length = persist.log.firstIndex - 1;
      this.log.push(...persist.log.entries);
    }
    return persist;
  }

  durable(): DurableState {
    return { state: this.state, mark: undefined, log: { firstIndex: asLogIndex(1), entries: [...this.log] } };
  }
}

export class Node {
  readonly id: ReplicaId;
  readonly disk = new Disk();
  readonly #make: (disk: Disk) => Consensus;
  consensus: Consensus;
  alive = true;
  /** Writes wait until `flush()`. */
  diskStalled = false;
  committed: CommittedEntry[] = [];
  grants: ReadGrant[] = [];
  abandoned: ReadNumber[] = [];
  persistCount = 0;
  /** How far a test has looked at `committed`. */
  checkedThrough = 0;
  /** The highest that was ever told to others. */
  told: Position = { era: 0, index: 0, settled: 0 };

  constructor(id: ReplicaId, make: (disk: Disk) => Consensus) {
    this.id = id;
    this.#make = make;
    this.consensus = make(this.disk);
  }

  crash(): void {
    this.alive = false;
    this.disk.waiting.length = 0;
  }

  restart(): void {
    this.alive = true;
    this.committed = [];
    this.checkedThrough = 0;
    this.grants = [];
    this.abandoned = [];
    this.consensus = this.#make(this.disk);
  }

  texts(): string[] {
    return this.committed.flatMap(({ payload }) => (payload ? [new TextDecoder().decode(payload)] : []));
  }
}

export class Cluster {
  readonly nodes: readonly Node[];
  readonly inFlight: Envelope[] = [];
  /** Returns false for a message that is lost. */
  passes: (from: ReplicaId, to: ReplicaId, message: Uint8Array) => boolean = () => true;
  /** Sees every message that leaves. */
  onSend: (envelope: Envelope) => void = () => undefined;

  /** @param firstVoters how many of the nodes the order is born with; the others are strangers to it */
  constructor(algorithm: ConsensusAlgorithm, size: number, seed = 1, firstVoters = size) {
    const random = seededRandom(seed);
    const replicas = Array.from({ length: size }, (_, at) => asReplicaId(at + 1));
    const voters = replicas.slice(0, firstVoters);
    this.nodes = replicas.map(
      (replica) =>
        new Node(replica, (disk) =>
          algorithm.create({
            replica,
            firstMembership: { voters, learners: [] },
            durable: disk.durable(),
            random,
            heartbeatTicks: HEARTBEAT_TICKS,
            electionTicks: ELECTION_TICKS,
            snapshot: () => undefined,
          }),
        ),
    );
  }

  node(id: number): Node {
    const node = this.nodes[id - 1];
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  get alive(): readonly Node[] {
    return this.nodes.filter((node) => node.alive);
  }

  leader(): Node {
    const leaders = this.alive.filter((node) => node.consensus.status().role === 'leader');
    const newest = leaders.sort((left, right) => right.consensus.status().reign - left.consensus.status().reign)[0];
    if (newest === undefined) throw new Error('there is no leader');
    return newest;
  }

  hasLeader(): boolean {
    return this.alive.some((node) => node.consensus.status().role === 'leader');
  }

  /** Cuts the nodes into groups that hear only themselves. */
  partition(...groups: readonly (readonly number[])[]): void {
    const groupOf = (id: ReplicaId) => groups.findIndex((group) => group.includes(id));
    this.passes = (from, to) => groupOf(from) >= 0 && groupOf(from) === groupOf(to);
  }

  heal(): void {
    this.passes = () => true;
  }

  /** Takes what one node wants done: writes wait on its disk, messages fly. */
  collect(node: Node): void {
    if (!node.alive) return;
    for (let work = node.consensus.take(); work !== undefined; work = node.consensus.take()) {
      if (work.persist) {
        node.persistCount++;
        node.disk.waiting.push(work.persist);
      }
      for (const { to, message } of work.messages) {
        const envelope = { from: node.id, to, message };
        this.onSend(envelope);
        this.inFlight.push(envelope);
      }
      node.committed.push(...work.committed);
      const last = work.committed.at(-1);
      if (last) node.consensus.applied(last.index);
      node.grants.push(...work.reads);
      node.abandoned.push(...work.abandonedReads);
    }
    node.told = node.consensus.position();
  }

  deliver(envelope: Envelope): void {
    const receiver = this.node(envelope.to);
    if (!receiver.alive || !this.passes(envelope.from, envelope.to, envelope.message)) return;
    receiver.consensus.receive(envelope.from, envelope.message);
    this.collect(receiver);
  }

  /** Finishes one write of a node's disk. */
  flush(node: Node): boolean {
    const persist = node.disk.flush();
    if (persist === undefined) return false;
    node.consensus.persisted(persist.number);
    this.collect(node);
    return true;
  }

  /** Until nothing flies and no disk that is not stalled has anything to write. */
  settle(): void {
    for (const node of this.nodes) this.collect(node);
    for (let steps = 0; steps < 1_000_000; steps++) {
      const envelope = this.inFlight.shift();
      if (envelope !== undefined) {
        this.deliver(envelope);
        continue;
      }
      const flushed = this.alive.filter((node) => !node.diskStalled && this.flush(node)).length;
      if (flushed === 0) return;
    }
    throw new Error('the cluster does not settle');
  }

  /** Time passes for everyone, and everything that it causes happens. */
  tick(count = 1): void {
    for (let at = 0; at < count; at++) {
      for (const node of this.alive) {
        node.consensus.tick();
        this.collect(node);
      }
      this.settle();
    }
  }

  tickUntil(condition: () => boolean, limit = 400): void {
    for (let at = 0; at < limit; at++) {
      if (condition()) return;
      this.tick();
    }
    throw new Error(`not reached within ${limit} ticks`);
  }

  elect(): Node {
    this.tickUntil(() => this.hasLeader());
    return this.leader();
  }

  propose(node: Node, text: string): number {
    const outcome = node.consensus.propose(new TextEncoder().encode(text));
    if (outcome.kind !== 'accepted') throw new Error(`refused: ${outcome.reason}`);
    this.collect(node);
    return outcome.index;
  }
}
