/**
 * What a herald writes into its log by itself, asked by no client. Each thing has a name, and is on its way once
 * in a term; one that was applied and is wanted still had no effect, and waits before it is tried again.
 */
import type { Consensus, ProposalOutcome } from '../../consensus/contract.ts';
import type { UntimedEntry } from '../../wire/entries/command.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import type { ReadableClock } from '../clock.ts';
import type { OrderState } from '../replica/order-state.ts';

interface ProposalTarget {
  readonly consensus: Pick<Consensus, 'status'>;
  readonly state: Pick<OrderState, 'applied'>;
  propose(entry: UntimedEntry): ProposalOutcome;
}

type ProposalState =
  | 'under-way'
  /** It was applied, and whoever asks finds that it is not so. */
  | 'in-vain'
  /** Not now: this replica does not lead, or has as much to write as it takes. */
  | 'refused';

interface Proposal {
  readonly index: LogIndex;
  readonly proposedMs: number;
}

export class ShardProposals {
  readonly #replica: ProposalTarget;
  readonly #clock: ReadableClock;
  readonly #mayPropose: () => boolean;
  readonly #proposals = new Map<string, Proposal>();
  #term = 0;

  /** @param mayPropose whether the log has room, and the disks of the voters */
  constructor(replica: ProposalTarget, clock: ReadableClock, mayPropose: () => boolean) {
    this.#replica = replica;
    this.#clock = clock;
    this.#mayPropose = mayPropose;
  }

  /** To be called again and again until what it is for is so, by the applied state. */
  propose(name: string, entry: UntimedEntry): ProposalState {
    const { role, term } = this.#replica.consensus.status();
    if (role !== 'leader') return 'refused';
    if (term !== this.#term) this.#begin(term);
    const known = this.#proposals.get(name);
    if (known !== undefined && !this.#isApplied(known)) return 'under-way';
    if (known !== undefined && this.#ageMs(known) < this.#clock.times.raft.vainProposalMs) return 'in-vain';
    if (!this.#mayPropose()) return 'refused';
    const outcome = this.#replica.propose(entry);
    if (outcome.kind === 'rejected') return 'refused';
    this.#proposals.set(name, { index: outcome.index, proposedMs: this.#clock.nowMs });
    return 'under-way';
  }

  /** Whether it was proposed in this term, and has had all the effect that it ever will. */
  isApplied(name: string): boolean {
    const known = this.#proposals.get(name);
    return known !== undefined && this.#isApplied(known);
  }

  /** Forgets what has come to its end. */
  tick(): void {
    for (const [name, proposal] of this.#proposals) {
      if (this.#isApplied(proposal) && this.#ageMs(proposal) >= this.#clock.times.raft.vainProposalMs)
        this.#proposals.delete(name);
    }
  }

  stepDown(): void {
    this.#proposals.clear();
  }

  /** What was proposed before may have been replaced by another herald's entries. */
  #begin(term: number): void {
    this.#proposals.clear();
    this.#term = term;
  }

  #isApplied({ index }: Proposal): boolean {
    return index <= this.#replica.state.applied;
  }

  #ageMs({ proposedMs }: Proposal): number {
    return this.#clock.nowMs - proposedMs;
  }
}
