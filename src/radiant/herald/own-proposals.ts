/**
 * What a herald writes into its log by itself, asked by no client. Each thing has a name, and is on its way once
 * in a term; one that was applied and is wanted still had no effect, and waits before it is tried again.
 */
import type { Consensus } from '../../consensus/contract.ts';
import type { UntimedEntry } from '../../wire/entries/command.ts';
import { encodeEntry } from '../../wire/entries/entry-codec.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import { INTERVALS } from '../../wire/limits.ts';

export interface ProposalContext {
  readonly consensus: Pick<Consensus, 'propose' | 'status'>;
  readonly nowMs: () => number;
  readonly appliedIndex: () => LogIndex;
  /** A time for the log's next entry: never earlier than any that was applied. */
  readonly logTimeMs: () => number;
  readonly isLogFull: () => boolean;
}

export type ProposalState =
  | 'under-way'
  /** It was applied, and whoever asks finds that it is not so. */
  | 'in-vain'
  /** Not now: this replica does not lead, or has as much to write as it takes. */
  | 'refused';

interface Proposal {
  readonly index: LogIndex;
  readonly proposedMs: number;
}

export class OwnProposals {
  readonly #context: ProposalContext;
  readonly #proposals = new Map<string, Proposal>();
  #term = 0;

  constructor(context: ProposalContext) {
    this.#context = context;
  }

  /** To be called again and again until what it is for is so, by the applied state. */
  propose(name: string, entry: UntimedEntry): ProposalState {
    const { role, term } = this.#context.consensus.status();
    if (role !== 'leader') return 'refused';
    if (term !== this.#term) this.#begin(term);
    const known = this.#proposals.get(name);
    if (known !== undefined && !this.#isApplied(known)) return 'under-way';
    if (known !== undefined && this.#ageMs(known) < INTERVALS.vainProposalMs) return 'in-vain';
    if (this.#context.isLogFull()) return 'refused';
    const outcome = this.#context.consensus.propose(encodeEntry({ ...entry, logTimeMs: this.#context.logTimeMs() }));
    if (outcome.kind === 'refused') return 'refused';
    this.#proposals.set(name, { index: outcome.index, proposedMs: this.#context.nowMs() });
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
      if (this.#isApplied(proposal) && this.#ageMs(proposal) >= INTERVALS.vainProposalMs) this.#proposals.delete(name);
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
    return index <= this.#context.appliedIndex();
  }

  #ageMs({ proposedMs }: Proposal): number {
    return this.#context.nowMs() - proposedMs;
  }
}
