/**
 * Detects a cluster that was founded twice (design, rule 12). The founder forgot the first founding while no other
 * radiant remembered it. Order ids differ, so the two clusters never mix, but neither sees the other's data. Both keep
 * their data and report the error.
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
  /** Called when peers know a replica of an earlier boot that this boot does not remember. */
  readonly onLost: (why: string) => void;
}

export class SplitBrainDetector {
  readonly #options: SplitBrainDetectorOptions;

  constructor(options: SplitBrainDetectorOptions) {
    this.#options = options;
  }

  /** The heard radiants of the other founding. */
  radiants(): readonly Peer['radiant'][] {
    return this.#options.peers
      .livePeers()
      .filter(({ foreign }) => foreign)
      .map(({ radiant }) => radiant);
  }

  /** Compares a peer's configuration digest. Within one founding, configurations with equal numbers are equal. */
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

  /** Whether a configuration belongs to another founding, which has another bondsmith's order. */
  isForeign({ bondsmith }: Configuration): boolean {
    const { current } = this.#options.configuration;
    return current !== undefined && current.bondsmith.id !== bondsmith.id;
  }

  /**
   * Marks a peer as a member of the other founding.
   * @returns whether the peer was not marked before
   */
  note(peer: Peer): boolean {
    if (peer.foreign) return false;
    peer.foreign = true;
    this.#options.onViewChange();
    return true;
  }

  /** Detects a radiant with a replica in both foundings, which means that it forgot the first one. */
  #findOwnPlace({ members }: NonNullable<Peer['presence']>): void {
    const { identity, configuration } = this.#options;
    const others = members.filter(({ group }) => configuration.group(group) === undefined);
    if (others.some((list) => list.members.some(({ radiant }) => radiant === identity.radiant))) {
      this.#options.onLost(
        'Peers list this radiant as a member of an order, but its database does not know that order.',
      );
    }
  }
}
