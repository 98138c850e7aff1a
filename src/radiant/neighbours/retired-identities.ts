/** Radiants whose device reported that their data is lost. The report only makes a voter's replacement faster. */
import type { RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Peers } from './peers.ts';

export class RetiredIdentities {
  readonly #peers: Peers;
  /** Retired identities of this device. */
  readonly #own = new Set<RadiantId>();

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  note(radiant: RadiantId): void {
    if (this.#own.size < LIMITS.liveness.retiredIdentities) this.#own.add(radiant);
  }

  /** Retired identities of this device that are still members. */
  among(members: ReadonlySet<RadiantId>): readonly RadiantId[] {
    return [...this.#own].filter((radiant) => members.has(radiant));
  }

  has(radiant: RadiantId): boolean {
    if (this.#own.has(radiant)) return true;
    // A radiant that is heard is not gone, even if other radiants report the loss of its data.
    if (this.#peers.isLive(radiant)) return false;
    return this.#peers.livePeers().some(({ presence }) => presence?.retired.includes(radiant) === true);
  }
}
