/**
 * How a leader brings the membership to a target (Ongaro's dissertation, §4.2 and §3.10): a newcomer
 * is a learner until it has caught up, then all voters change in one joint change, and a leader that
 * will be none of them hands its office over first.
 */
import { assert } from '../../wire/assertion.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { RaftMembership, ReplicaChange } from '../../wire/raft/message.ts';
import type { Membership } from '../contract.ts';
import { CatchUp } from './catch-up.ts';
import { changesTowards } from './membership-change.ts';
import type { Tracker } from './tracker.ts';

export type ReconcileStep =
  | { readonly kind: 'reached' }
  /** Someone has to catch up, or to be heard of. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'change'; readonly changes: readonly ReplicaChange[] }
  | { readonly kind: 'transfer'; readonly to: ReplicaId };

/** One leader's, in one term: what it has seen of the others is forgotten with it. */
export class Reconciler {
  readonly #leader: ReplicaId;
  readonly #tracker: Tracker;
  readonly #catchUp: CatchUp;

  constructor(leader: ReplicaId, tracker: Tracker, electionTicks: number) {
    this.#leader = leader;
    this.#tracker = tracker;
    this.#catchUp = new CatchUp(electionTicks);
  }

  tick(lastIndex: number): void {
    this.#catchUp.tick(this.#tracker.members, lastIndex);
  }

  /** Time has passed without ticks: what was seen of the others counts no longer. */
  restart(): void {
    this.#catchUp.restart();
  }

  /** From a membership that is not joint, with no change on its way. */
  next(target: Membership): ReconcileStep {
    assert(target.voters.length > 0, 'an order has at least one voter');
    const { membership } = this.#tracker;
    const newcomer = [...target.voters, ...target.learners].find((replica) => !isMember(membership, replica));
    // One after the other: a learner alone needs no joint membership.
    if (newcomer !== undefined) return { kind: 'change', changes: [{ kind: 'add-learner', replica: newcomer }] };
    const promoted = target.voters.filter((replica) => !membership.voters.includes(replica));
    if (!promoted.every((replica) => this.#catchUp.hasCaughtUp(replica))) return { kind: 'wait' };
    return target.voters.includes(this.#leader) ? this.#changeTo(target) : this.#leave(target);
  }

  #changeTo(target: Membership): ReconcileStep {
    const changes = changesTowards(this.#tracker.membership, target);
    if (changes.length === 0) return { kind: 'reached' };
    return this.#canDecide(target.voters) ? { kind: 'change', changes } : { kind: 'wait' };
  }

  /**
   * Whether other voters could decide at once: else the order, which can now, could not any more, and nobody could target
   * for others. The same voters are as able as they were.
   */
  #canDecide(voters: readonly ReplicaId[]): boolean {
    const { membership } = this.#tracker;
    if (voters.length === membership.voters.length && voters.every((voter) => membership.voters.includes(voter)))
      return true;
    const able = voters.filter((voter) => voter === this.#leader || this.#catchUp.hasCaughtUp(voter));
    return 2 * able.length > voters.length;
  }

  /**
   * To whoever stays, at once: so the order has a leader at every moment. Where nobody who stays can take over,
   * this leader stays among the new voters until one of them can.
   */
  #leave({ voters, learners }: Membership): ReconcileStep {
    const heirs = voters.filter((replica) => this.#canLead(replica));
    const [heir] = heirs.sort((one, other) => this.#matchOf(other) - this.#matchOf(one));
    if (heir !== undefined) return { kind: 'transfer', to: heir };
    const step = this.#changeTo({
      voters: [...voters, this.#leader],
      learners: learners.filter((learner) => learner !== this.#leader),
    });
    return step.kind === 'reached' ? { kind: 'wait' } : step;
  }

  #canLead(replica: ReplicaId): boolean {
    return this.#tracker.membership.voters.includes(replica) && this.#catchUp.hasCaughtUp(replica);
  }

  #matchOf(replica: ReplicaId): number {
    return this.#tracker.progressOf(replica)?.match ?? 0;
  }
}

function isMember({ voters, learners }: RaftMembership, replica: ReplicaId): boolean {
  return voters.includes(replica) || learners.includes(replica);
}
