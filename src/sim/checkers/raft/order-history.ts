/** Everything that was ever true of one order's logs, over all replicas and boots. Its safety is judged by this. */
import type { RadiantId, ReplicaId } from '../../../wire/identifiers.ts';
import type { MembershipChange, RaftMembership } from '../../../wire/raft/message.ts';
import type { GroupRecord } from '../../../wire/records/records.ts';
import { check } from '../../violation.ts';
import { ElectionHistory } from './election-history.ts';
import { MembershipHistory } from './membership-history.ts';
import {
  describeMembership,
  firstMembership,
  isQuorum,
  isSameMembership,
  membershipIfCommitted,
} from './membership-model.ts';
import type { LoggedEntry } from '../group-changes.ts';
import type { Manifest } from '../manifest.ts';
import type { ReplicaRecord } from './replica-record.ts';

interface EntryHistory {
  readonly hash: number;
  readonly previousTerm: number;
  readonly flushedBy: ReplicaId[];
}

/** A decided entry without its bytes, which would keep its record in memory. */
type DecidedEntry = Pick<LoggedEntry, 'term' | 'hash'>;

/** Called once for each decided index, in ascending order. */
export type DecidedListener = (index: number, payload: Uint8Array | undefined) => void;

/**
 * Entries that were committed in this term at the latest. The term may be later than those of the entries (figure 8).
 */
interface LeaderTerm {
  readonly term: number;
  readonly firstIndex: number;
}

export class OrderHistory {
  readonly elections = new ElectionHistory();
  /** By index - 1, then by term. */
  readonly #entries: Map<number, EntryHistory>[] = [];
  /** Decided entries, by index - 1. */
  readonly #committed: DecidedEntry[] = [];
  /** Terms that committed the decided entries, ascending. */
  readonly #terms: LeaderTerm[] = [];
  readonly #memberships: MembershipHistory;
  readonly #radiants = new Map<ReplicaId, RadiantId>();
  /** Index of the latest state of another replica that each replica has installed and flushed. */
  readonly #installed = new Map<ReplicaId, number>();
  /** Changes of membership in logs that are not yet decided. */
  #proposedChanges: { readonly index: number; readonly change: MembershipChange }[] = [];
  /** The latest commit index that each replica has flushed. */
  readonly #knownCommits = new Map<ReplicaId, number>();
  readonly #decided: DecidedListener;

  constructor(creation: Pick<GroupRecord, 'firstVoters'>, decided: DecidedListener = () => undefined) {
    this.#decided = decided;
    this.#memberships = new MembershipHistory(firstMembershipOf(creation));
  }

  get committed(): number {
    return this.#committed.length;
  }

  get memberships(): MembershipHistory {
    return this.#memberships;
  }

  /** The birth record of an order never changes, and a replica id belongs to one radiant. */
  isBorn(radiant: RadiantId, creation: GroupRecord): void {
    const { replica } = creation;
    check(
      isSameMembership(firstMembershipOf(creation), this.#memberships.first),
      'an order is born once',
      () => `replica ${replica} was told of ${describeMembership(firstMembershipOf(creation))}`,
    );
    const owner = this.#radiants.get(replica);
    check(
      owner === undefined || owner === radiant,
      'a replica id is given out once',
      () => `replica ${replica} was ${owner}, and is now ${radiant}`,
    );
    this.#radiants.set(replica, radiant);
  }

  radiantOf(replica: ReplicaId): RadiantId | undefined {
    return this.#radiants.get(replica);
  }

  /** Log matching: an index and a term identify one entry and all entries before it. */
  holds(record: ReplicaRecord, from: number): void {
    const { log, replica } = record;
    for (let index = Math.max(log.firstIndex, from); index <= log.lastIndex; index++) {
      const entry = log.at(index);
      if (entry === undefined) return;
      const previousTerm = record.termAt(index - 1) ?? this.#committed[index - 2]?.term ?? 0;
      const known = this.#at(index).get(entry.term);
      if (known === undefined) {
        this.#at(index).set(entry.term, { hash: entry.hash, previousTerm, flushedBy: [] });
        if (entry.change !== undefined && index > this.committed)
          this.#proposedChanges.push({ index, change: entry.change });
        continue;
      }
      check(
        known.hash === entry.hash && known.previousTerm === previousTerm,
        'log matching',
        () => `replica ${replica} holds another entry ${index} of term ${entry.term} than was seen before`,
      );
    }
    this.#checkChanges(record, from);
  }

  knowsCommitted(replica: ReplicaId, index: number): void {
    this.#knownCommits.set(replica, Math.max(index, this.#knownCommits.get(replica) ?? 0));
  }

  /**
   * Memberships by which the order may have to elect. A remembering voter may go by an earlier
   * one after a restart. A change in a log may be committed later.
   */
  membershipsInForce(hasForgotten: (radiant: RadiantId) => boolean): readonly RaftMembership[] {
    const { latest } = this.#memberships;
    const remembering = [...latest.voters, ...latest.outgoingVoters].filter((replica) => {
      const radiant = this.#radiants.get(replica);
      return radiant !== undefined && !hasForgotten(radiant);
    });
    const oldest = Math.min(this.committed, ...remembering.map((replica) => this.#knownCommits.get(replica) ?? 0));
    const proposed = this.#proposedChanges.flatMap(({ change }) => membershipIfCommitted(latest, change) ?? []);
    return [...this.#memberships.between(oldest, this.committed), ...proposed];
  }

  flushed({ log, replica }: ReplicaRecord, from: number): void {
    if (replica === undefined) return;
    for (let index = Math.max(log.firstIndex, from); index <= log.lastIndex; index++) {
      const known = this.#at(index).get(log.at(index)?.term ?? 0);
      if (known !== undefined && !known.flushedBy.includes(replica)) known.flushedBy.push(replica);
    }
  }

  /** An installed state replaces all entries up to its index. */
  installed({ replica, base }: ReplicaRecord): void {
    if (replica !== undefined) this.#installed.set(replica, Math.max(base, this.#installed.get(replica) ?? 0));
  }

  /** Whether a replica has ever flushed the decided entry at an index. */
  isHeldBy(replica: ReplicaId, index: number): boolean {
    if ((this.#installed.get(replica) ?? 0) >= index) return true;
    const decided = this.#committed[index - 1];
    return decided !== undefined && this.#at(index).get(decided.term)?.flushedBy.includes(replica) === true;
  }

  /**
   * Leader completeness: a log with an entry of a later term holds all entries that were committed in earlier terms.
   * The last of those entries is checked. By log matching it proves those before it.
   */
  isComplete(record: ReplicaRecord): void {
    const { log, lastTerm, replica } = record;
    const index = this.#lastBefore(lastTerm);
    const decided = this.#committed[index - 1];
    if (decided === undefined || index < record.base) return;
    const term = record.termAt(index);
    check(
      term === decided.term && (log.at(index)?.hash ?? decided.hash) === decided.hash,
      'leader completeness',
      () =>
        `replica ${replica} follows term ${lastTerm}, and its entry ${index} is of term ${term ?? 'none'}, not ${decided.term} as committed`,
    );
  }

  /**
   * Section 5.4.2: a leader commits only entries of its own term by counting copies, and only if a quorum has flushed
   * them.
   */
  leaderCommits(replica: ReplicaId, term: number, index: number, inForce: readonly RaftMembership[]): void {
    const entry = this.#at(index).get(term);
    check(
      entry !== undefined,
      'a leader commits by its own term',
      () => `replica ${replica} leads term ${term} and commits entry ${index}, which is of another term`,
    );
    this.#checkQuorum(replica, index, entry, inForce);
  }

  /**
   * State machine safety: all replicas apply the same entry at an index. A committed entry was flushed by a quorum of a
   * membership in force.
   * @param term that the replica knows of; its entries were committed in it or before
   * @returns whether this decided new entries
   */
  commits(record: ReplicaRecord, term: number, from: number, through: number): boolean {
    const { log, replica } = record;
    const before = this.committed;
    for (let index = Math.max(from, log.firstIndex); index <= through; index++) {
      const entry = log.at(index);
      const decided = this.#committed[index - 1];
      if (entry === undefined || replica === undefined) break;
      if (decided === undefined) {
        this.#checkQuorum(replica, index, this.#at(index).get(entry.term), this.#memberships.around(index - 1));
        this.#decide(index, entry, term);
        continue;
      }
      check(
        decided.term === entry.term && decided.hash === entry.hash,
        'state machine safety',
        () => `replica ${replica} applies an entry ${index} of term ${entry.term}, another one of term ${decided.term}`,
      );
    }
    check(
      through <= this.committed,
      'what is applied is committed',
      () => `replica ${replica} has applied ${through} entries, of which ${this.committed} are known`,
    );
    return this.committed > before;
  }

  /** A checkpoint covers committed entries only, and names the membership at its index. */
  isCheckpointed(replica: ReplicaId, { index, term, membership }: Manifest): void {
    const decided = this.#committed[index - 1];
    check(
      decided?.term === term,
      'a checkpoint is of what is committed',
      () =>
        `replica ${replica} has one of entry ${index} in term ${term}; committed is term ${decided?.term ?? 'none'}`,
    );
    check(
      isSameMembership(membership, this.#memberships.at(index)),
      'a checkpoint knows who takes part',
      () => `at ${index} it names ${describeMembership(membership)}`,
    );
  }

  /** At most one change of membership is uncommitted at a time. */
  #checkChanges({ log, replica }: ReplicaRecord, from: number): void {
    const { changes } = log;
    for (let at = changes.length - 1; at > 0; at--) {
      const change = changes[at] ?? 0;
      const previous = changes[at - 1] ?? 0;
      if (change < from) return;
      check(
        previous <= this.committed,
        'one change of membership at a time',
        () => `replica ${replica} holds a change at ${change}, and the one at ${previous} is not committed`,
      );
    }
  }

  #checkQuorum(
    replica: ReplicaId,
    index: number,
    entry: EntryHistory | undefined,
    inForce: readonly RaftMembership[],
  ): void {
    const flushedBy = entry?.flushedBy ?? [];
    check(
      inForce.some((membership) => isQuorum(membership, flushedBy)),
      'durability',
      () =>
        `replica ${replica} takes entry ${index} for committed, but only ${flushedBy.join(' ')} have flushed it: ${inForce.map(describeMembership).join('; ')}`,
    );
  }

  #decide(index: number, { term: ofEntry, hash, change, payload }: LoggedEntry, term: number): void {
    this.#committed.push({ term: ofEntry, hash });
    if (change !== undefined) this.#memberships.decide(index, change);
    if (this.#proposedChanges.length > 0)
      this.#proposedChanges = this.#proposedChanges.filter((proposed) => proposed.index > index);
    // All earlier entries were committed with this entry at the latest.
    let firstIndex = index;
    for (let last = this.#terms.at(-1); last !== undefined && last.term >= term; last = this.#terms.at(-1)) {
      this.#terms.pop();
      firstIndex = last.firstIndex;
    }
    this.#terms.push({ term, firstIndex });
    this.#decided(index, payload);
  }

  /** Index of the last entry that was committed in an earlier term. 0: there is no such entry. */
  #lastBefore(term: number): number {
    let last = this.committed;
    for (let at = this.#terms.length - 1; at >= 0; at--) {
      const led = this.#terms[at];
      if (led === undefined || led.term < term) break;
      last = led.firstIndex - 1;
    }
    return last;
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

function firstMembershipOf({ firstVoters }: Pick<GroupRecord, 'firstVoters'>): RaftMembership {
  return firstMembership(firstVoters.map(({ replica }) => replica));
}
