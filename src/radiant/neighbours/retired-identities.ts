/**
 * Radiants that will never be heard of again, since their data is lost: their own device says so. Nothing
 * rests on it but that a voter is replaced sooner.
 */
import type { RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Peers } from './peers.ts';

export class RetiredIdentities {
  readonly #peers: Peers;
  /** Of this device. */
  readonly #own = new Set<RadiantId>();

  constructor(peers: Peers) {
    this.#peers = peers;
  }

  note(radiant: RadiantId): void {
    if (this.#own.size < LIMITS.retiredIdentities) this.#own.add(radiant);
  }

  /** Those of this device that others still count on. */
  among(members: ReadonlySet<RadiantId>): readonly RadiantId[] {
    return [...this.#own].filter((radiant) => members.has(radiant));
  }

  has(radiant: RadiantId): boolean {
    if (this.#own.has(radiant)) return true;
    // Whoever is heard itself is not gone, whatever others say.
    if (this.#peers.isLive(radiant)) return false;
    return this.#peers.livePeers().some(({ presence }) => presence?.retired.includes(radiant) === true);
  }
}
