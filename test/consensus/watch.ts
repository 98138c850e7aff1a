/** Checks a cluster for breaches of Raft's promises. */
import { isBehind } from '../../src/consensus/contract.ts';
import type { Position } from '../../src/wire/frames/frame.ts';
import { hexFromBytes, type ReplicaId } from '../../src/wire/identifiers.ts';
import type { Cluster } from './cluster.ts';
import { must } from './must.ts';
import type { Node } from './node.ts';

export class Watch {
  readonly #cluster: Cluster;
  readonly #leaders = new Map<number, ReplicaId>();
  #newestTerm = 0;
  /** The text of each committed entry by index, as the first replica reported it. */
  readonly #decided = new Map<number, string>();
  /** The bytes of each compaction point by index, as the first replica made them. */
  readonly #marks = new Map<number, string>();
  readonly #told = new Map<Node, Position>();
  readonly #reads = new Map<Node, Map<number, number>>();
  readonly #grantsSeen = new Map<Node, number>();
  highest = 0;
  /** Number of checks in which a leader knew of entries that another replica had flushed. */
  flushesKnown = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  check(): void {
    for (const node of this.#cluster.alive) {
      this.#checkLeader(node);
      this.#checkCommitted(node);
      this.#checkPosition(node);
      this.#checkReads(node);
      this.#checkFlushed(node);
    }
  }

  /** Checks that two replicas with the same applied index have the same membership. */
  checkMark(node: Node): void {
    const compactionPoint = node.consensus.compactionPoint();
    if (compactionPoint === undefined) return;
    must(compactionPoint.index === node.applied, 'a compaction point is of all that is applied');
    const said = hexFromBytes(compactionPoint.bytes);
    must((this.#marks.get(compactionPoint.index) ?? said) === said, 'one membership and one term at each place');
    this.#marks.set(compactionPoint.index, said);
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
    const { role, term, lastIndex } = node.consensus.status();
    if (role !== 'leader') return;
    must((this.#leaders.get(term) ?? node.id) === node.id, 'one leader for each term');
    this.#leaders.set(term, node.id);
    if (term <= this.#newestTerm) return;
    this.#newestTerm = term;
    must(lastIndex >= this.highest, 'a leader has all that is committed');
  }

  #checkCommitted(node: Node): void {
    for (const { index, payload } of node.committed.slice(node.checkedThrough)) {
      const text = payload === undefined ? '' : new TextDecoder().decode(payload);
      must((this.#decided.get(index) ?? text) === text, 'what is committed never changes');
      this.#decided.set(index, text);
      this.highest = Math.max(this.highest, index);
    }
    node.checkedThrough = node.applied;
  }

  #checkPosition(node: Node): void {
    const told = this.#told.get(node);
    if (told) must(!isBehind(node.told, told), 'a position never goes back');
    this.#told.set(node, node.told);
  }

  /**
   * Checks the match index of each follower. The entry at that index must be on the disk of the follower, and equal the
   * entry of the leader.
   */
  #checkFlushed(leader: Node): void {
    const { term } = leader.consensus.status();
    for (const { id, disk, consensus } of this.#cluster.alive) {
      const through = leader.consensus.matchIndex(id);
      // In another term, the follower may already have replaced entries that it flushed for this leader.
      if (through === undefined || consensus.status().term !== term) continue;
      must(through <= disk.lastIndex, 'what is taken for flushed is on the disk');
      const [there, here] = [disk.entryAt(through), leader.disk.entryAt(through)];
      must(there === undefined || here === undefined || there === here, 'what is taken for flushed is the same entry');
      if (through > 0 && id !== leader.id) this.flushesKnown++;
    }
  }

  #checkReads(node: Node): void {
    const seen = this.#grantsSeen.get(node) ?? 0;
    for (const { read, index } of node.grants.slice(seen)) {
      must(index >= (this.#reads.get(node)?.get(read) ?? 0), 'a read sees all that was committed before it was asked');
    }
    this.#grantsSeen.set(node, node.grants.length);
  }
}
