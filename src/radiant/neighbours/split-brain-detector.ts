/**
 * A cluster that was founded twice (design, rule 12): its founder forgot the first founding while nobody was
 * there who recovered. The orders of the two have other ids, so they never mix; but what is written in one
 * is not in the other. Both keep their data, and say so.
 */
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { Peer, Peers } from './peers.ts';
import type { Identity } from '../identity.ts';

interface SplitBrainDetectorOptions {
  readonly identity: Identity;
  readonly peers: Peers;
  readonly configuration: ConfigurationHolder;
  readonly onViewChange: () => void;
  /** An earlier boot of this radiant had a place of which this one knows nothing. */
  readonly onLost: (why: string) => void;
}

export class SplitBrainDetector {
  readonly #options: SplitBrainDetectorOptions;

  constructor(options: SplitBrainDetectorOptions) {
    this.#options = options;
  }

  /** Whom this radiant hears of the other founding. */
  radiants(): readonly Peer['radiant'][] {
    return this.#options.peers
      .livePeers()
      .filter(({ foreign }) => foreign)
      .map(({ radiant }) => radiant);
  }

  /** In one history, configurations of one number are the same. */
  examine(peer: Peer): void {
    const { configuration } = this.#options;
    const { presence } = peer;
    if (presence === undefined || configuration.number === 0) return;
    const isOther =
      presence.configurationNumber === configuration.number &&
      presence.configurationDigest !== '' &&
      presence.configurationDigest !== configuration.digest;
    if (isOther) this.note(peer);
    if (peer.foreign) this.#findOwnPlace(presence);
  }

  /** Whether a configuration is of the history that this radiant knows; of several numbers, the bondsmith's order tells. */
  isForeign({ bondsmith }: Configuration): boolean {
    const { current } = this.#options.configuration;
    return current !== undefined && current.bondsmith.id !== bondsmith.id;
  }

  /** This boot of it belongs to the other founding. @returns whether that is news */
  note(peer: Peer): boolean {
    if (peer.foreign) return false;
    peer.foreign = true;
    this.#options.onViewChange();
    return true;
  }

  /** Whoever has a place in both is the one that forgot the first. */
  #findOwnPlace({ members }: NonNullable<Peer['presence']>): void {
    const { identity, configuration } = this.#options;
    const others = members.filter(({ group }) => configuration.group(group) === undefined);
    if (others.some((list) => list.members.some(({ radiant }) => radiant === identity.radiant))) {
      this.#options.onLost('others know this radiant as a member of an order of which it remembers nothing');
    }
  }
}
