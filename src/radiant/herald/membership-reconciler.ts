/**
 * The herald's part in who belongs to its order (design, rule 7): it writes targets into the log, has the
 * algorithm bring the membership to the latest one, and writes down when it has come to that.
 */
import { isSound, refusalOf, targetOf } from '../../cluster/roster.ts';
import type { Consensus, ConsensusStatus } from '../../consensus/contract.ts';
import type { Entry } from '../../wire/entries/command.ts';
import { encodeEntry } from '../../wire/entries/entry-codec.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { TargetMembership, Roster } from '../../wire/configuration/roster.ts';

export interface ReconcilerContext {
  readonly consensus: Consensus;
  roster(): Roster;
  /** A time for the log's next entry: never earlier than any that was applied. */
  logTimeMs(): number;
}

export class MembershipReconciler {
  readonly #context: ReconcilerContext;
  /** What was written down last, and in which term: once is enough while that lasts. */
  #noted: { readonly term: number; readonly number: number } | undefined;
  #proposed: { readonly term: number; readonly number: number } | undefined;

  constructor(context: ReconcilerContext) {
    this.#context = context;
  }

  /**
   * Asks that these form the order. Only a herald can, and one target of a number at a time: whoever asks looks
   * whether it shows in the roster, and asks again.
   * @returns whether it went on its way
   */
  target(target: TargetMembership): boolean {
    const { term, role } = this.#context.consensus.status();
    const roster = this.#context.roster();
    if (role !== 'leader' || !isSound(target) || refusalOf(roster, target) !== undefined) return false;
    if (isSame(this.#proposed, term, target.number)) return false;
    if (!this.#propose({ kind: 'members', logTimeMs: this.#context.logTimeMs(), ...target })) return false;
    this.#proposed = { term, number: target.number };
    return true;
  }

  /**
   * Goes on towards the latest target: to be called again and again.
   * @param kept one that the target puts out, and that goes last: until then it learns
   */
  reconcile({ role, term }: ConsensusStatus, kept: ReplicaId | undefined): void {
    const roster = this.#context.roster();
    if (role !== 'leader' || roster.isReached) return;
    const { voters, learners } = targetOf(roster);
    const target = { voters, learners: kept === undefined ? learners : [...learners, kept] };
    if (this.#context.consensus.reconcile(target).kind !== 'reached' || kept !== undefined) return;
    const { number } = roster;
    if (isSame(this.#noted, term, number)) return;
    if (!this.#propose({ kind: 'members-reached', logTimeMs: this.#context.logTimeMs(), number })) return;
    this.#noted = { term, number };
  }

  #propose(entry: Entry): boolean {
    return this.#context.consensus.propose(encodeEntry(entry)).kind === 'accepted';
  }
}

function isSame(known: { readonly term: number; readonly number: number } | undefined, term: number, number: number) {
  return known?.term === term && known.number === number;
}
