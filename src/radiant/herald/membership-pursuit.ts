/**
 * The herald's part in who belongs to its order (design, rule 7): it writes wishes into the log, has the
 * algorithm bring the membership to the latest one, and writes down when it has come to that.
 */
import { isSound, refusalOf, targetOf } from '../../cluster/roster.ts';
import type { Consensus, ConsensusStatus } from '../../consensus/contract.ts';
import type { Entry } from '../../wire/entries/command.ts';
import { encodeEntry } from '../../wire/entries/entry-codec.ts';
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { MembersWish, Roster } from '../../wire/configuration/roster.ts';

export interface PursuitRealm {
  readonly consensus: Consensus;
  roster(): Roster;
  /** A time for the log's next entry: never earlier than any that was applied. */
  logTimeMs(): number;
}

export class MembershipPursuit {
  readonly #realm: PursuitRealm;
  /** What was written down last, and in which reign: once is enough while that lasts. */
  #noted: { readonly reign: number; readonly number: number } | undefined;
  #wished: { readonly reign: number; readonly number: number } | undefined;

  constructor(realm: PursuitRealm) {
    this.#realm = realm;
  }

  /**
   * Asks that these form the order. Only a herald can, and one wish of a number at a time: whoever asks looks
   * whether it shows in the roster, and asks again.
   * @returns whether it went on its way
   */
  wish(wish: MembersWish): boolean {
    const { reign, role } = this.#realm.consensus.status();
    const roster = this.#realm.roster();
    if (role !== 'leader' || !isSound(wish) || refusalOf(roster, wish) !== undefined) return false;
    if (isSame(this.#wished, reign, wish.number)) return false;
    if (!this.#propose({ kind: 'members', logTimeMs: this.#realm.logTimeMs(), ...wish })) return false;
    this.#wished = { reign, number: wish.number };
    return true;
  }

  /**
   * Goes on towards the latest wish: to be called again and again.
   * @param kept one that the wish puts out, and that goes last: until then it learns
   */
  pursue({ role, reign }: ConsensusStatus, kept: ReplicaId | undefined): void {
    const roster = this.#realm.roster();
    if (role !== 'leader' || roster.isReached) return;
    const { voters, learners } = targetOf(roster);
    const target = { voters, learners: kept === undefined ? learners : [...learners, kept] };
    if (this.#realm.consensus.pursue(target).kind !== 'reached' || kept !== undefined) return;
    const { number } = roster;
    if (isSame(this.#noted, reign, number)) return;
    if (!this.#propose({ kind: 'members-reached', logTimeMs: this.#realm.logTimeMs(), number })) return;
    this.#noted = { reign, number };
  }

  #propose(entry: Entry): boolean {
    return this.#realm.consensus.propose(encodeEntry(entry)).kind === 'accepted';
  }
}

function isSame(known: { readonly reign: number; readonly number: number } | undefined, reign: number, number: number) {
  return known?.reign === reign && known.number === number;
}
