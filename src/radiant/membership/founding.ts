/**
 * Founds the cluster (design, rules 1 and 12). The founder collects beacons until the founding window closes. It then
 * creates configuration 1 once, with the radiants that are present.
 */
import { type Beacon, foundingConfiguration } from '../../cluster/formation.ts';
import { chosenAlgorithm } from '../../consensus/algorithms.ts';
import { KEY_VALUE } from '../../store/registry.ts';
import { FOUNDING_KEY } from '../../storage/keys.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { ClusterId, OrderId, RadiantId } from '../../wire/identifiers.ts';
import { ID_BYTES, idFromBytes } from '../../wire/identifiers.ts';
import { encodeFoundingRecord } from '../../wire/records/record-codec.ts';
import type { FoundingRecord } from '../../wire/records/records.ts';
import type { ReadableClock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { FoundingOptions, RadiantOptions } from '../contract.ts';
import { FoundingWindow } from './founding-window.ts';
import type { Peers } from '../neighbours/peers.ts';
import type { Identity } from '../identity.ts';
import type { ConfigurationAdoption } from './configuration-adoption.ts';

interface FoundingContext {
  readonly identity: Identity;
  readonly options: Pick<RadiantOptions, 'environment' | 'founding' | 'algorithm' | 'replicationFactor'>;
  readonly configuration: ConfigurationHolder;
  readonly clock: ReadableClock;
  readonly peers: Peers;
  readonly configurationAdoption: ConfigurationAdoption;
}

export class Founding {
  readonly #context: FoundingContext;
  /** The record of the founding. Undefined if another radiant founds the cluster. */
  readonly #record: FoundingRecord | undefined;
  readonly #options: FoundingOptions;
  readonly #window: FoundingWindow;
  readonly #algorithm: string;

  constructor(context: FoundingContext, record: FoundingRecord | undefined) {
    this.#context = context;
    this.#record = record;
    this.#options = context.options.founding ?? {};
    this.#window = new FoundingWindow(this.#options);
    this.#algorithm = chosenAlgorithm(context.options.algorithm);
  }

  get isFounder(): boolean {
    return this.#record !== undefined;
  }

  get cluster(): ClusterId | undefined {
    return this.#record?.cluster;
  }

  /** Number of present radiants that closes the window at once. */
  get needed(): number {
    return this.#options.radiants ?? 1;
  }

  /** The present radiants that can become first voters, including this one. */
  beacons(): readonly Beacon[] {
    const { identity, peers } = this.#context;
    const own = identity.durable ? [{ radiant: identity.radiant, device: identity.device }] : [];
    const others = peers.livePeers().flatMap(({ radiant, presence }) => {
      if (presence === undefined || !presence.durable || presence.clientOnly) return [];
      return [{ radiant, device: presence.device }];
    });
    return [...own, ...others];
  }

  /**
   * The neighbours of the founder's neighbours. A founder needs a link to receive a beacon, and the signaling server
   * introduces a new member to only a few others.
   */
  sought(): readonly RadiantId[] {
    if (this.#record === undefined || this.#context.configuration.number > 0) return [];
    return this.#context.peers.livePeers().flatMap(({ presence }) => presence?.neighbours ?? []);
  }

  /** Creates configuration 1 when the window closes. A restarted founder continues here. */
  reconcile(): void {
    const { configuration, peers, configurationAdoption } = this.#context;
    if (this.#record === undefined || configuration.number > 0 || configuration.isAdopting) return;
    // A peer has a configuration, which will arrive. A second founding would split the cluster.
    if (peers.livePeers().some(({ presence }) => (presence?.configurationNumber ?? 0) > 0)) return;
    const { cluster } = this.#record;
    const minted = this.#mint(cluster);
    if (minted === undefined) return;
    const value = encodeFoundingRecord({ cluster, configuration: minted });
    configurationAdoption.adopt(minted, [{ kind: 'put', key: FOUNDING_KEY, value }]);
  }

  #mint(cluster: ClusterId): Configuration | undefined {
    const { identity, options, clock } = this.#context;
    const beacons = this.beacons();
    const present = beacons.map(({ radiant }) => radiant);
    if (!this.#window.isClosed(present, clock)) return undefined;
    const { replicationFactor } = options;
    const algorithm = this.#algorithm;
    const { orders, shards } = this.#options;
    const stateMachine = KEY_VALUE.name;
    const mintOrder = () => this.#mintOrder();
    const terms = { cluster, algorithm, stateMachine, replicationFactor, orders, shards, mintOrder };
    return foundingConfiguration(terms, identity.radiant, beacons);
  }

  #mintOrder(): OrderId {
    return idFromBytes<OrderId>(this.#context.options.environment.randomBytes(ID_BYTES));
  }
}
