/** What has ever been true of one order's logs, over all replicas and boots: what its safety is judged by. */
import type { ReplicaId } from '../../wire/identifiers.ts';
import { check } from '../violation.ts';
import type { LoggedEntry, ReplicaLog } from './replica-log.ts';

interface EntryHistory {
  readonly hash: number;
  /** Term of the entry before it. */
  readonly previousTerm: number;
  /** Replicas that have flushed it, as bits. */
  flushedBy: number;
}

/** An entry that will never be another. */
interface DecidedEntry extends LoggedEntry {
  /** It was committed in this reign or an earlier one; that may be a later one than its term (figure 8). */
  inReign: number;
}

export class OrderHistory {
  /** By index - 1, then by term. */
  readonly #entries: Map<number, EntryHistory>[] = [];
  /** By index - 1: what is decided there. */
  readonly #committed: DecidedEntry[] = [];
  readonly #leaders = new Map<number, ReplicaId>();
  readonly #votes = new Map<string, ReplicaId>();

  get committed(): number {
    return this.#committed.length;
  }

  get terms(): number {
    return this.#leaders.size;
  }

  /** Election safety: at most one leader in a term. */
  leads(replica: ReplicaId, term: number): void {
    const leader = this.#leaders.get(term);
    check(
      leader === undefined || leader === replica,
      'election safety',
      () => `replicas ${leader} and ${replica} both lead in term ${term}`,
    );
    this.#leaders.set(term, replica);
  }

  /** A voter says yes to one candidate in a term. */
  votes(replica: ReplicaId, term: number, candidate: ReplicaId): void {
    const key = `${replica}:${term}`;
    const earlier = this.#votes.get(key);
    check(
      earlier === undefined || earlier === candidate,
      'one vote in a term',
      () => `replica ${replica} voted for ${earlier} and for ${candidate} in term ${term}`,
    );
    this.#votes.set(key, candidate);
  }

  /** Log matching: an index and a term name one entry, and all that lies before it. */
  holds(replica: ReplicaId, log: ReplicaLog, from: number): void {
    for (let index = Math.max(1, from); index <= log.lastIndex; index++) {
      const entry = log.at(index);
      if (entry === undefined) return;
      const previousTerm = log.at(index - 1)?.term ?? 0;
      const known = this.#at(index).get(entry.term);
      if (known === undefined) {
        this.#at(index).set(entry.term, { hash: entry.hash, previousTerm, flushedBy: 0 });
        continue;
      }
      check(
        known.hash === entry.hash && known.previousTerm === previousTerm,
        'log matching',
        () => `replica ${replica} holds another entry ${index} of term ${entry.term} than was seen before`,
      );
    }
  }

  flushed(replica: ReplicaId, log: ReplicaLog, from: number): void {
    for (let index = Math.max(1, from); index <= log.lastIndex; index++) {
      const known = this.#at(index).get(log.at(index)?.term ?? 0);
      if (known !== undefined) known.flushedBy |= 1 << replica;
    }
  }

  /**
   * Leader completeness: a log with an entry of a later term holds all that was committed in earlier reigns. (The
   * first entry of a term is its leader's, and by log matching the log up to there is that leader's log.)
   */
  isComplete(replica: ReplicaId, log: ReplicaLog, from = 1): void {
    for (let index = Math.max(1, from); index <= this.#committed.length; index++) {
      const decided = this.#committed[index - 1];
      if (decided === undefined || decided.inReign >= log.lastTerm) return;
      const found = log.at(index);
      check(
        found?.term === decided.term && found.hash === decided.hash,
        'leader completeness',
        () =>
          `replica ${replica} follows term ${log.lastTerm}, and its entry ${index} is of term ${found?.term ?? 'none'}, not ${decided.term} as committed`,
      );
    }
  }

  /**
   * State machine safety: nobody ever applies another entry at the same index; and what commits is flushed
   * by a majority.
   * @param reign that the replica knows of: what it applies was committed in it, or before
   * @returns the first index that is decided only now; undefined: none
   */
  commits(
    replica: ReplicaId,
    reign: number,
    log: ReplicaLog,
    from: number,
    through: number,
    voters: number,
  ): number | undefined {
    let firstNew: number | undefined;
    for (let index = Math.max(1, from); index <= through; index++) {
      const entry = log.at(index);
      if (entry === undefined) return firstNew;
      const decided = this.#committed[index - 1];
      if (decided !== undefined) {
        check(
          decided.term === entry.term && decided.hash === entry.hash,
          'state machine safety',
          () =>
            `replica ${replica} applies an entry ${index} of term ${entry.term}, another one of term ${decided.term}`,
        );
        continue;
      }
      const copies = bitsIn(this.#at(index).get(entry.term)?.flushedBy ?? 0);
      check(
        2 * copies > voters,
        'durability',
        () => `replica ${replica} applies entry ${index}, but only ${copies} of ${voters} have flushed it`,
      );
      this.#committed.push({ ...entry, inReign: reign });
      firstNew ??= index;
    }
    if (firstNew !== undefined) this.#allBefore(firstNew, reign);
    return firstNew;
  }

  /** What lies before an entry was committed with it, at the latest. */
  #allBefore(index: number, reign: number): void {
    for (let at = index - 2; at >= 0; at--) {
      const decided = this.#committed[at];
      if (decided === undefined || decided.inReign <= reign) return;
      decided.inReign = reign;
    }
  }

  #at(index: number): Map<number, EntryHistory> {
    let entries = this.#entries[index - 1];
    if (entries === undefined) {
      entries = new Map();
      this.#entries[index - 1] = entries;
    }
    return entries;
  }
}

function bitsIn(mask: number): number {
  let bits = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
