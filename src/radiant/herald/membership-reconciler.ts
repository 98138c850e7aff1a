/**
 * The herald's part in its order's membership (design, rule 7). It writes the target into the log, lets consensus reach
 * the target, and records that the target is reached.
 */
import { isSound, refusalOf, targetOf } from '../../cluster/roster.ts';
import type { ConsensusStatus } from '../../consensus/contract.ts';
import type { UntimedEntry } from '../../wire/entries/command.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { TargetMembership } from '../../wire/configuration/roster.ts';
import type { Replica } from '../replica/replica.ts';

export class MembershipReconciler {
  readonly #replica: Replica;
  /** Term and number of the latest proposed `members-reached` entry. One entry per term is enough. */
  #noted: { readonly term: number; readonly number: number } | undefined;
  #proposed: { readonly term: number; readonly number: number } | undefined;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /**
   * Proposes a target. Only a herald can, and each number once per term. The caller repeats the call until the roster
   * shows the target.
   * @returns whether the target was proposed
   */
  target(target: TargetMembership): boolean {
    const { term, role } = this.#replica.consensus.status();
    const roster = this.#replica.state.roster;
    if (role !== 'leader' || !isSound(target) || refusalOf(roster, target) !== undefined) return false;
    if (isSame(this.#proposed, term, target.number)) return false;
    if (!this.#propose({ kind: 'members', ...target })) return false;
    this.#proposed = { term, number: target.number };
    return true;
  }

  /**
   * Continues towards the latest target. Call this in every tick.
   * @param kept a member that the target removes and that must leave last; until then it is a learner
   */
  reconcile({ role, term }: ConsensusStatus, kept: ReplicaId | undefined): void {
    const roster = this.#replica.state.roster;
    if (role !== 'leader' || roster.isReached) return;
    const { voters, learners } = targetOf(roster);
    const target = { voters, learners: kept === undefined ? learners : [...learners, kept] };
    if (this.#replica.consensus.reconcile(target).kind !== 'reached' || kept !== undefined) return;
    const { number } = roster;
    if (isSame(this.#noted, term, number)) return;
    if (!this.#propose({ kind: 'members-reached', number })) return;
    this.#noted = { term, number };
  }

  #propose(entry: UntimedEntry): boolean {
    return this.#replica.propose(entry).kind === 'accepted';
  }
}

function isSame(known: { readonly term: number; readonly number: number } | undefined, term: number, number: number) {
  return known?.term === term && known.number === number;
}
