/**
 * Brings the membership to a target (Ongaro's dissertation, §4.2 and §3.10). The leader adds a new replica as a learner
 * until it has caught up. Then all voters change in one joint change. A leader that will not be a voter transfers
 * leadership first.
 */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import { encodeMembershipChange } from '../../wire/raft/membership-codec.ts';
import type { RaftMembership, ReplicaChange } from '../../wire/raft/message.ts';
import type { Membership, TargetOutcome } from '../contract.ts';
import { CatchUp } from './catch-up.ts';
import { requestTransfer } from './election.ts';
import { isJoint, type MembershipHistory } from './membership.ts';
import { changesTowards } from './membership-change.ts';
import type { Replica } from './replica.ts';
import { appendProposals } from './replication.ts';

type Step =
  | { readonly kind: 'reached' }
  /** Nothing can be done until a replica has caught up or answers. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'change'; readonly changes: readonly ReplicaChange[] }
  | { readonly kind: 'transfer'; readonly to: ReplicaId };

/**
 * An empty entry at `index`, appended after the membership change at `since`. Only the leader of `term` knows when this
 * entry is committed.
 */
interface Witness {
  readonly term: number;
  readonly since: number;
  readonly index: number;
}

const NO_BYTES = new Uint8Array(0);
const EMPTY_ENTRY = [{ kind: 'normal', payload: NO_BYTES }] as const;

export class Reconciler {
  readonly #replica: Replica;
  readonly #memberships: MembershipHistory;
  readonly #electionTicks: number;
  /** Called when entries may have been appended and have to be sent. */
  readonly #onAppend: () => void;
  /** Progress of the followers, observed during one term. A later term starts without observations. */
  #observed: { readonly term: number; readonly catchUp: CatchUp } | undefined;
  #witness: Witness | undefined;

  constructor(replica: Replica, memberships: MembershipHistory, electionTicks: number, onAppend: () => void) {
    this.#replica = replica;
    this.#memberships = memberships;
    this.#electionTicks = electionTicks;
    this.#onAppend = onAppend;
  }

  tick(): void {
    const { role, tracker, log } = this.#replica;
    if (role === 'leader') this.#catchUp.tick(tracker.members, log.last.index);
  }

  /** Forgets all answers, because a replica that answered before the gap may have died during the gap. */
  onClockGap(): void {
    this.#observed?.catchUp.restart();
  }

  reconcile(target: Membership): TargetOutcome {
    const { role, tracker, hasPendingMembershipChange } = this.#replica;
    if (role !== 'leader') return { kind: 'rejected', reason: 'not-leader' };
    // A pending change is applied first, even if it leads towards an older target.
    if (hasPendingMembershipChange) return { kind: 'in-progress' };
    if (isJoint(tracker.membership)) {
      // A failed leadership transfer has dropped the entry that leaves the joint membership. This call proposes that
      // entry again.
      this.#change([]);
      return { kind: 'in-progress' };
    }
    const step = this.#next(target);
    if (step.kind === 'reached') return this.#survivesCrash() ? { kind: 'reached' } : { kind: 'in-progress' };
    if (step.kind === 'transfer') requestTransfer(this.#replica, step.to);
    if (step.kind === 'change') this.#change(step.changes);
    return { kind: 'in-progress' };
  }

  /**
   * Proposes a change. Without changes, the entry leaves the joint membership. A proposal during a transfer is dropped,
   * and the next call of `reconcile` repeats it.
   */
  #change(changes: readonly ReplicaChange[]): void {
    const payload = encodeMembershipChange({ transition: 'auto', changes, context: NO_BYTES });
    appendProposals(this.#replica, [{ kind: 'membership', payload }]);
    this.#onAppend();
  }

  /**
   * Whether the last change survives a crash of all replicas. The change is committed once a majority has flushed its
   * entry. A restarted replica, however, counts votes by the membership that it knows to be *committed*. Such a replica
   * might still need former members. The leader therefore appends one more entry, whose message also carries the commit
   * index of the change. Receivers flush both. Once that entry is committed, a majority of the new members needs no
   * former member.
   */
  #survivesCrash(): boolean {
    const { latestSince: since } = this.#memberships;
    if (since === 0) return true;
    const { term, log } = this.#replica;
    if (this.#witness?.term !== term || this.#witness.since !== since) {
      this.#witness = appendProposals(this.#replica, EMPTY_ENTRY) ? { term, since, index: log.last.index } : undefined;
    }
    const survives = this.#witness !== undefined && log.committed >= this.#witness.index;
    if (!survives) this.#onAppend();
    return survives;
  }

  /** The next step towards the target. Requires a membership that is not joint, without a pending change. */
  #next(target: Membership): Step {
    assert(target.voters.length > 0, 'an order has at least one voter');
    const { membership } = this.#replica.tracker;
    const newcomer = [...target.voters, ...target.learners].find((replica) => !isMember(membership, replica));
    // Adds one learner at a time, because several changes at once would need a joint membership.
    if (newcomer !== undefined) return { kind: 'change', changes: [{ kind: 'add-learner', replica: newcomer }] };
    const promoted = target.voters.filter((replica) => !membership.voters.includes(replica));
    if (!promoted.every((replica) => this.#catchUp.hasCaughtUp(replica))) return { kind: 'wait' };
    return target.voters.includes(this.#replica.id) ? this.#changeTo(target) : this.#leave(target);
  }

  #changeTo(target: Membership): Step {
    const changes = changesTowards(this.#replica.tracker.membership, target);
    if (changes.length === 0) return { kind: 'reached' };
    return this.#canDecide(target.voters) ? { kind: 'change', changes } : { kind: 'wait' };
  }

  /**
   * Whether the new voters have a quorum that answers. Otherwise the order could no longer decide, and could never
   * change its voters again. Unchanged voters need no check, because the change does not affect their quorum.
   */
  #canDecide(voters: readonly ReplicaId[]): boolean {
    const { membership } = this.#replica.tracker;
    const isUnchanged =
      voters.length === membership.voters.length && voters.every((voter) => membership.voters.includes(voter));
    if (isUnchanged) return true;
    const able = voters.filter((voter) => voter === this.#replica.id || this.#catchUp.hasCaughtUp(voter));
    return 2 * able.length > voters.length;
  }

  /**
   * Transfers leadership to a remaining voter, so that the order has a leader at every moment. If no remaining voter
   * can take over, this leader stays among the voters until one can.
   */
  #leave({ voters, learners }: Membership): Step {
    const successors = voters.filter((replica) => this.#canLead(replica));
    const [successor] = successors.sort((one, other) => this.#matchOf(other) - this.#matchOf(one));
    if (successor !== undefined) return { kind: 'transfer', to: successor };
    const step = this.#changeTo({
      voters: [...voters, this.#replica.id],
      learners: learners.filter((learner) => learner !== this.#replica.id),
    });
    return step.kind === 'reached' ? { kind: 'wait' } : step;
  }

  #canLead(replica: ReplicaId): boolean {
    return this.#replica.tracker.membership.voters.includes(replica) && this.#catchUp.hasCaughtUp(replica);
  }

  #matchOf(replica: ReplicaId): number {
    return this.#replica.tracker.progressOf(replica)?.match ?? 0;
  }

  get #catchUp(): CatchUp {
    const { term } = this.#replica;
    if (this.#observed?.term !== term) this.#observed = { term, catchUp: new CatchUp(this.#electionTicks) };
    return this.#observed.catchUp;
  }
}

function isMember({ voters, learners }: RaftMembership, replica: ReplicaId): boolean {
  return voters.includes(replica) || learners.includes(replica);
}
