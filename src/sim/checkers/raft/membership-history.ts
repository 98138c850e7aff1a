import type { MembershipChange, RaftMembership } from '../../../wire/raft/message.ts';
import { membershipAfter } from './membership-model.ts';

interface Step {
  /** Of the committed entry that made it; 0: the order was born with it. */
  readonly index: number;
  readonly membership: RaftMembership;
}

/** All memberships of one order, as its committed entries make them. One is in force from when its entry is applied. */
export class MembershipHistory {
  readonly #steps: Step[];

  constructor(first: RaftMembership) {
    this.#steps = [{ index: 0, membership: first }];
  }

  get first(): RaftMembership {
    return this.#stepAt(0).membership;
  }

  get latest(): RaftMembership {
    return this.#stepAt(this.#steps.length - 1).membership;
  }

  /** How many changes were committed. */
  get changes(): number {
    return this.#steps.length - 1;
  }

  /** The memberships before and after each change that was committed after the first `count`. */
  changesSince(count: number): readonly { readonly before: RaftMembership; readonly after: RaftMembership }[] {
    return this.#steps
      .slice(count + 1)
      .map(({ membership }, at) => ({ before: this.#stepAt(count + at).membership, after: membership }));
  }

  /** Committed entries come in order. */
  decide(index: number, change: MembershipChange): void {
    this.#steps.push({ index, membership: membershipAfter(this.latest, change) });
  }

  /** Of who has applied everything up to `index`. */
  at(index: number): RaftMembership {
    return this.#stepAt(this.#placeOf(index)).membership;
  }

  /** All that are in force while a replica's applied index goes from one to the other. */
  between(from: number, to: number): readonly RaftMembership[] {
    return this.#steps.slice(this.#placeOf(from), this.#placeOf(to) + 1).map(({ membership }) => membership);
  }

  /** The one of `index` and the one before it: a leader may not have applied the latest change when it commits. */
  around(index: number): readonly RaftMembership[] {
    const place = this.#placeOf(index);
    return this.#steps.slice(Math.max(0, place - 1), place + 1).map(({ membership }) => membership);
  }

  #placeOf(index: number): number {
    let place = this.#steps.length - 1;
    while (place > 0 && this.#stepAt(place).index > index) place--;
    return place;
  }

  #stepAt(place: number): Step {
    const step = this.#steps[place];
    if (step === undefined) throw new RangeError(`there is no membership ${place}`);
    return step;
  }
}
