/**
 * Which membership is in force once an index has been applied: for every place of the log that is
 * not forgotten. A checkpoint needs the one at its own index, and the members may be ahead of it.
 */
import { assert } from '../../wire/assertion.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';

interface Stretch {
  /** The entry that brought it; of the first one: at or before the first place that is asked for. */
  readonly since: number;
  readonly membership: RaftMembership;
}

export class MembershipHistory {
  #stretches: Stretch[];

  constructor(since: number, membership: RaftMembership) {
    this.#stretches = [{ since, membership }];
  }

  /** The entry that brought the newest one; 0: it is the first. */
  get latestSince(): number {
    return this.#stretches.at(-1)?.since ?? 0;
  }

  at(index: number): RaftMembership {
    const stretch = this.#stretches.findLast(({ since }) => since <= index);
    assert(stretch !== undefined, 'only memberships of places that are not forgotten are asked for');
    return stretch.membership;
  }

  /** The entry at `index` changes the membership. */
  changed(index: number, membership: RaftMembership): void {
    const last = this.#stretches.at(-1);
    assert(last !== undefined && index > last.since, 'memberships follow each other along the log');
    this.#stretches.push({ since: index, membership });
  }

  /** Nobody asks for places before `index` any more. */
  forgetBefore(index: number): void {
    const first = this.#stretches.findLastIndex(({ since }) => since <= index);
    if (first > 0) this.#stretches.splice(0, first);
  }
}
