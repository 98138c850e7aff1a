/**
 * Entries that a herald proposes without a client. Each entry has a name and is proposed at most once at a time. If an
 * entry was applied without effect, the next attempt waits for `vainProposalMs`.
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
  /** The entry was applied without the effect that the caller expects. */
  | 'in-vain'
  /** This replica does not lead, or its log or the voters' disks are full. */
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

  /** @param mayPropose whether the log and the voters' disks have room */
  constructor(replica: ProposalTarget, clock: ReadableClock, mayPropose: () => boolean) {
    this.#replica = replica;
    this.#clock = clock;
    this.#mayPropose = mayPropose;
  }

  /** Proposes the entry. Call this until the applied state shows the effect. */
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

  /** Whether the entry was proposed in this term and is applied. */
  isApplied(name: string): boolean {
    const known = this.#proposals.get(name);
    return known !== undefined && this.#isApplied(known);
  }

  tick(): void {
    for (const [name, proposal] of this.#proposals) {
      if (this.#isApplied(proposal) && this.#ageMs(proposal) >= this.#clock.times.raft.vainProposalMs)
        this.#proposals.delete(name);
    }
  }

  stepDown(): void {
    this.#proposals.clear();
  }

  /** Forgets the proposals of an earlier term, which another herald's entries may have replaced. */
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
