/**
 * A cluster that was founded twice (design, rule 12): its founder forgot the first founding while nobody was
 * there who remembered. The orders of the two have other ids, so they never mix; but what is written in one
 * is not in the other. Both keep their data, and say so.
 */
import type { Peer, Peers } from './peers.ts';
import type { ConfigurationHolder } from './configuration-holder.ts';
import type { Self } from './self.ts';

export interface OtherFoundingOptions {
  readonly self: Self;
  readonly peers: Peers;
  readonly configuration: ConfigurationHolder;
  readonly onViewChange: () => void;
  /** An earlier boot of this radiant had a place of which this one knows nothing. */
  readonly onLost: (why: string) => void;
}

export class OtherFounding {
  readonly #parts: OtherFoundingOptions;

  constructor(parts: OtherFoundingOptions) {
    this.#parts = parts;
  }

  /** Whom this radiant hears of the other founding. */
  radiants(): readonly Peer['radiant'][] {
    return this.#parts.peers
      .livePeers()
      .filter(({ foreign }) => foreign)
      .map(({ radiant }) => radiant);
  }

  examine(peer: Peer): void {
    const { configuration, onViewChange } = this.#parts;
    const { presence } = peer;
    if (presence === undefined || configuration.number === 0) return;
    const isForeign =
      presence.configurationNumber === configuration.number &&
      presence.configurationDigest !== '' &&
      presence.configurationDigest !== configuration.digest;
    if (isForeign !== peer.foreign) onViewChange();
    peer.foreign = isForeign;
    if (isForeign) this.#findOwnPlace(presence);
  }

  /** Whoever has a place in both is the one that forgot the first. */
  #findOwnPlace({ members }: NonNullable<Peer['presence']>): void {
    const { self, configuration, onLost } = this.#parts;
    const others = members.filter(({ group }) => configuration.group(group) === undefined);
    if (others.some((list) => list.members.some(({ radiant }) => radiant === self.radiant))) {
      onLost('others know this radiant as a member of an order of which it remembers nothing');
    }
  }
}
