import type { MembershipChange, RaftMembership } from '../../../wire/raft/message.ts';
import { membershipAfter } from './membership-model.ts';

interface Step {
  /** Index of the committed entry that made the membership. 0: the creation record of the order made it. */
  readonly index: number;
  readonly membership: RaftMembership;
}

/**
 * All memberships of one order, from its committed entries. A replica uses a membership from the moment it applies the
 * entry.
 */
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

  get changes(): number {
    return this.#steps.length - 1;
  }

  /** The memberships before and after each committed change. The first `count` changes are left out. */
  changesSince(count: number): readonly { readonly before: RaftMembership; readonly after: RaftMembership }[] {
    return this.#steps
      .slice(count + 1)
      .map(({ membership }, at) => ({ before: this.#stepAt(count + at).membership, after: membership }));
  }

  /** Records the next committed change. Calls must follow the order of the log. */
  decide(index: number, change: MembershipChange): void {
    this.#steps.push({ index, membership: membershipAfter(this.latest, change) });
  }

  /** The membership of a replica that has applied all entries up to `index`. */
  at(index: number): RaftMembership {
    return this.#stepAt(this.#placeOf(index)).membership;
  }

  /** All memberships that a replica uses while its applied index goes from `from` to `to`. */
  between(from: number, to: number): readonly RaftMembership[] {
    return this.#steps.slice(this.#placeOf(from), this.#placeOf(to) + 1).map(({ membership }) => membership);
  }

  /** The membership at `index` and the one before it. A leader may commit before it has applied the latest change. */
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
