/** Companions of one order (design, rule 6), computed from its decided entries and independently of the product. */
import type { Entry, MembersEntry } from '../../../wire/entries/command.ts';
import type { CreationRecord, Participant } from '../../../wire/configuration/configuration.ts';
import type { RadiantId, ReplicaId } from '../../../wire/identifiers.ts';

interface Step {
  /** Index of the log entry that named the companion. 0: the order's creation record named the companion. */
  readonly index: number;
  readonly companion: ReplicaId | undefined;
}

export class CompanionLedger {
  readonly #radiantOf: (replica: ReplicaId) => RadiantId | undefined;
  readonly #steps: Step[] = [{ index: 0, companion: undefined }];
  #number = 0;
  #isReached = true;
  #voters: ReadonlySet<RadiantId>;
  #learners: ReadonlySet<RadiantId> = new Set();

  constructor({ firstVoters }: CreationRecord, radiantOf: (replica: ReplicaId) => RadiantId | undefined) {
    this.#voters = radiantsIn(firstVoters);
    this.#radiantOf = radiantOf;
  }

  get latest(): ReplicaId | undefined {
    return this.#steps.at(-1)?.companion;
  }

  /** All companions that the order had while its applied index went from `from` to `to`. */
  between(from: number, to: number): readonly (ReplicaId | undefined)[] {
    const last = this.#steps.findLastIndex(({ index }) => index <= to);
    const first = this.#steps.findLastIndex(({ index }) => index <= from);
    return this.#steps.slice(Math.max(first, 0), last + 1).map(({ companion }) => companion);
  }

  /** Records the next decided entry. Calls must follow the order of the log. */
  decide(index: number, entry: Entry): void {
    if (entry.kind === 'companion') {
      if (entry.companion === undefined || this.#canBecome(entry.companion)) this.#step(index, entry.companion);
    } else if (entry.kind === 'members' || entry.kind === 'members-reached') {
      this.#note(entry);
      if (this.latest !== undefined && this.#isReached && !this.#canBecome(this.latest)) this.#step(index, undefined);
    }
  }

  #note(entry: MembersEntry): void {
    if (entry.kind === 'members-reached') {
      if (entry.number === this.#number) this.#isReached = true;
    } else if (entry.number > this.#number) {
      this.#number = entry.number;
      this.#isReached = false;
      this.#voters = radiantsIn(entry.voters);
      this.#learners = radiantsIn(entry.learners);
    }
  }

  #canBecome(companion: ReplicaId): boolean {
    const radiant = this.#radiantOf(companion);
    if (radiant === undefined) return false;
    if (this.#isReached) return this.#voters.size === 1 && this.#learners.has(radiant);
    return this.#voters.has(radiant) || this.#learners.has(radiant);
  }

  #step(index: number, companion: ReplicaId | undefined): void {
    if (companion !== this.latest) this.#steps.push({ index, companion });
  }
}

function radiantsIn(participants: readonly Participant[]): ReadonlySet<RadiantId> {
  return new Set(participants.map(({ radiant }) => radiant));
}
