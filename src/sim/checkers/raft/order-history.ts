/**
 * Everything that was ever true of one order's logs, over all replicas and boots. The checkers judge the order's safety
 * by this history.
 */
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

/** A decided entry without its bytes. A reference to the bytes would keep the whole record in memory. */
type DecidedEntry = Pick<LoggedEntry, 'term' | 'hash'>;

export type DecidedListener = (index: number, payload: Uint8Array | undefined) => void;

/**
 * A run of decided entries and the latest term in which they were committed. That term can be later than the entries'
 * own terms (Raft, figure 8).
 */
interface LeaderTerm {
  readonly term: number;
  readonly firstIndex: number;
}

export class OrderHistory {
  readonly elections = new ElectionHistory();
  /** At position index - 1: the entries that replicas ever held at the index, by term. */
  readonly #entries: Map<number, EntryHistory>[] = [];
  /** At position index - 1: the decided entry. */
  readonly #committed: DecidedEntry[] = [];
  /** Runs of decided entries by the term that committed them, in ascending order. */
  readonly #terms: LeaderTerm[] = [];
  readonly #memberships: MembershipHistory;
  readonly #radiants = new Map<ReplicaId, RadiantId>();
  /** By replica: the index of the latest fetched state that the replica has installed and flushed. */
  readonly #installed = new Map<ReplicaId, number>();
  /** Membership changes that are in a log but not decided. */
  #proposedChanges: { readonly index: number; readonly change: MembershipChange }[] = [];
  /** By replica: the highest commit index that the replica has flushed. */
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

  /** Checks that the creation record of the order never changes, and that a replica id belongs to one radiant. */
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
      'a replica id belongs to one radiant',
      () => `replica ${replica} was ${owner}, and is now ${radiant}`,
    );
    this.#radiants.set(replica, radiant);
  }

  radiantOf(replica: ReplicaId): RadiantId | undefined {
    return this.#radiants.get(replica);
  }

  /**
   * Log matching: if two logs hold an entry with the same index and term, they agree on that entry and on all earlier
   * ones.
   */
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
   * All memberships by which replicas of the order may elect a leader. After a restart, a voter that kept its memory
   * may use an earlier one. An undecided change may still commit.
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

  /** Records that the replica installed a fetched state, which replaces all entries up to its index. */
  installed({ replica, base }: ReplicaRecord): void {
    if (replica !== undefined) this.#installed.set(replica, Math.max(base, this.#installed.get(replica) ?? 0));
  }

  isHeldBy(replica: ReplicaId, index: number): boolean {
    if ((this.#installed.get(replica) ?? 0) >= index) return true;
    const decided = this.#committed[index - 1];
    return decided !== undefined && this.#at(index).get(decided.term)?.flushedBy.includes(replica) === true;
  }

  /**
   * Leader completeness: a log with an entry of a later term holds all entries that were committed in earlier terms.
   * Only the last of those entries is compared, because log matching proves the others.
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
   * Raft, section 5.4.2: a leader counts copies only of entries of its own term, and commits once a quorum has flushed
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
   * @param term the replica's current term; its entries were committed in that term or an earlier one
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
      'an applied entry is committed',
      () => `replica ${replica} has applied ${through} entries, of which ${this.committed} are known`,
    );
    return this.committed > before;
  }

  /** Checks that a checkpoint covers only committed entries, and that it names the membership at its index. */
  isCheckpointed(replica: ReplicaId, { index, term, membership }: Manifest): void {
    const decided = this.#committed[index - 1];
    check(
      decided?.term === term,
      'a checkpoint covers only committed entries',
      () =>
        `replica ${replica} has one of entry ${index} in term ${term}; committed is term ${decided?.term ?? 'none'}`,
    );
    check(
      isSameMembership(membership, this.#memberships.at(index)),
      'a checkpoint names the membership at its index',
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
    // The entry commits all entries before it, so this term is the latest that committed them.
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
