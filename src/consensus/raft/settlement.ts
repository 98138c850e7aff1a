/**
 * Leader: whether a change of membership outlives a crash of everyone. The change is committed once its entry is on
 * the disks of a majority, but a replica that comes back counts votes by what it knows to be *committed*: it might
 * ask those who are members no more. So one entry goes after the change. It tells its receivers of the commit, and
 * with it they flush that: once it is committed too, a majority of the new members needs none of the old ones.
 */
import { appendProposals } from './proposals.ts';
import type { Replica } from './replica.ts';

const NOTHING = [{ kind: 'normal', payload: new Uint8Array(0) }] as const;

export class Settlement {
  readonly #replica: Replica;
  /** The entry that goes after the change at `since`; only its own term's leader knows when it is committed. */
  #witness: { readonly term: number; readonly since: number; readonly index: number } | undefined;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /**
   * Whether the change that the entry at `since` made is settled. Appends the entry after it where there is none.
   * @param since 0: the members are those that the order was born with
   */
  isSettled(since: number): boolean {
    const { term, log } = this.#replica;
    if (since === 0) return true;
    if (this.#witness?.term !== term || this.#witness.since !== since) {
      if (!appendProposals(this.#replica, NOTHING)) return false;
      this.#witness = { term, since, index: log.lastIndex };
    }
    return log.committed >= this.#witness.index;
  }
}
