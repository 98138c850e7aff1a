/**
 * The herald's part in who belongs to its order (design, rule 7): it writes targets into the log, has the
 * algorithm bring the membership to the latest one, and writes down when it has come to that.
 */
import { isSound, refusalOf, targetOf } from '../../cluster/roster.ts';
import type { ConsensusStatus } from '../../consensus/contract.ts';
import type { UntimedEntry } from '../../wire/entries/command.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { TargetMembership } from '../../wire/configuration/roster.ts';
import type { Replica } from '../replica/replica.ts';

export class MembershipReconciler {
  readonly #replica: Replica;
  /** What was written down last, and in which term: once is enough while that lasts. */
  #noted: { readonly term: number; readonly number: number } | undefined;
  #proposed: { readonly term: number; readonly number: number } | undefined;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /**
   * Asks that these form the order. Only a herald can, and one target of a number at a time: whoever asks looks
   * whether it shows in the roster, and asks again.
   * @returns whether it went on its way
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
   * Goes on towards the latest target: to be called again and again.
   * @param kept one that the target puts out, and that goes last: until then it learns
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
