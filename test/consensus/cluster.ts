/** Replicas of one order that exchange encoded messages. The order is driven through the contract of consensus. */
import type { ConsensusAlgorithm } from '../../src/consensus/contract.ts';
import { asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';
import { Node } from './node.ts';
import { seededRandom } from './random.ts';

export const ELECTION_TICKS = 16;
export const HEARTBEAT_TICKS = 2;

interface Envelope {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  readonly message: Uint8Array;
}

export class Cluster {
  readonly nodes: readonly Node[];
  readonly inFlight: Envelope[] = [];
  /** Returns false for each message that is lost. */
  passes: (from: ReplicaId, to: ReplicaId, message: Uint8Array) => boolean = () => true;
  /** Returns false for each chunk of a snapshot that is lost. */
  chunksPass: (from: ReplicaId, to: ReplicaId) => boolean = () => true;
  /** Called for every message. */
  onSend: (envelope: Envelope) => void = () => undefined;

  /** @param firstVoters number of nodes that are voters of the new order; the other nodes are not members */
  constructor(algorithm: ConsensusAlgorithm, size: number, seed = 1, firstVoters = size) {
    const random = seededRandom(seed);
    const replicas = Array.from({ length: size }, (_, at) => asReplicaId(at + 1));
    const voters = replicas.slice(0, firstVoters);
    this.nodes = replicas.map(
      (replica) =>
        new Node(replica, (node) =>
          algorithm.create({
            replica,
            firstMembership: { voters, learners: [] },
            durable: node.disk.durable(),
            random,
            heartbeatTicks: HEARTBEAT_TICKS,
            electionTicks: ELECTION_TICKS,
            snapshot: (atLeast) => node.offer(atLeast),
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
    const newest = leaders.sort((left, right) => right.consensus.status().term - left.consensus.status().term)[0];
    if (newest === undefined) throw new Error('there is no leader');
    return newest;
  }

  hasLeader(): boolean {
    return this.alive.some((node) => node.consensus.status().role === 'leader');
  }

  /** Partitions the nodes into groups. Messages between two groups are lost. A node that is in no group is isolated. */
  partition(...groups: readonly (readonly number[])[]): void {
    const groupOf = (id: ReplicaId) => groups.findIndex((group) => group.includes(id));
    this.passes = (from, to) => groupOf(from) >= 0 && groupOf(from) === groupOf(to);
  }

  heal(): void {
    this.passes = () => true;
    this.chunksPass = () => true;
  }

  /** Takes the work of one node. The writes then wait on its disk, and the messages are in flight. */
  collect(node: Node): void {
    if (!node.alive) return;
    for (let work = node.consensus.take(); work !== undefined; work = node.consensus.take()) {
      node.perform(work);
      for (const { to, message } of work.messages) {
        const envelope = { from: node.id, to, message };
        this.onSend(envelope);
        this.inFlight.push(envelope);
      }
    }
    node.told = node.consensus.position();
  }

  deliver(envelope: Envelope): void {
    const receiver = this.node(envelope.to);
    if (!receiver.alive || !this.passes(envelope.from, envelope.to, envelope.message)) return;
    receiver.consensus.receive(envelope.from, envelope.message);
    this.collect(receiver);
  }

  flush(node: Node): boolean {
    if (!node.flush()) return false;
    this.collect(node);
    return true;
  }

  /** Brings the next chunk of a snapshot to a node. Returns false if the node fetches nothing or the chunk is lost. */
  transferChunk(node: Node): boolean {
    const { fetch } = node;
    if (!node.alive || fetch === undefined) return false;
    if (!node.hasWholeSnapshot) {
      const source = this.node(fetch.from);
      const chunk = source.alive ? source.chunk(fetch, node.chunksHere) : undefined;
      if (chunk === undefined || !this.chunksPass(fetch.from, node.id)) return false;
      node.receiveChunk(chunk);
    }
    if (!node.hasWholeSnapshot) return true;
    node.fetch = undefined;
    node.consensus.snapshotFetched(fetch.index);
    this.collect(node);
    return true;
  }

  /**
   * Delivers messages, finishes writes and transfers chunks until nothing remains. A node with a stalled disk keeps its
   * writes.
   */
  settle(): void {
    for (const node of this.nodes) this.collect(node);
    for (let steps = 0; steps < 1_000_000; steps++) {
      const envelope = this.inFlight.shift();
      if (envelope !== undefined) {
        this.deliver(envelope);
        continue;
      }
      const flushed = this.alive.filter((node) => !node.diskStalled && this.flush(node)).length;
      const transferred = this.alive.filter((node) => this.transferChunk(node)).length;
      if (flushed + transferred === 0) return;
    }
    throw new Error('the cluster does not settle');
  }

  /** Ticks every node, and delivers all messages and writes that follow. */
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

  /** Writes a checkpoint on a node and cuts the node's log. */
  compact(node: Node): void {
    node.checkpoint();
    this.settle();
  }

  propose(node: Node, text: string): number {
    const outcome = node.consensus.propose(new TextEncoder().encode(text));
    if (outcome.kind !== 'accepted') throw new Error(`refused: ${outcome.reason}`);
    this.collect(node);
    return outcome.index;
  }
}
