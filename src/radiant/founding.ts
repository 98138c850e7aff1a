/**
 * How the cluster comes to be (design, rules 1 and 12). The founder waits for
 * enough beacons, flushes configuration 1, then tells everyone. Whoever learns a
 * configuration flushes it; who is named there as a first voter is born with it, once.
 */
import { memberOfRadiant, validateConfiguration } from '../cluster/configuration.ts';
import { isOut } from '../cluster/member-list.ts';
import type { Beacon } from '../cluster/formation.ts';
import { chooseFirstVoters, foundingConfiguration } from '../cluster/formation.ts';
import { algorithmNamed } from '../consensus/algorithms.ts';
import { KEY_VALUE } from '../store/key-value.ts';
import { stateMachineNamed } from '../store/registry.ts';
import type { RecordChange } from '../storage/contract.ts';
import { FOUNDING_KEY, groupCreationKey } from '../storage/keys.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import type { Configuration, Order } from '../wire/configuration.ts';
import type { ClusterId } from '../wire/identifiers.ts';
import { ID_BYTES, idFromBytes } from '../wire/identifiers.ts';
import { encodeFoundingRecord, encodeGroupRecord } from '../wire/record-codec.ts';
import type { FoundingRecord, GroupRecord } from '../wire/records.ts';
import type { ConfigurationHolder } from './configuration-holder.ts';
import type { RadiantOptions } from './contract.ts';
import type { Handshake } from './handshake.ts';
import type { KnownMembers } from './known-members.ts';
import type { Peer, Peers } from './peers.ts';
import type { Router } from './router.ts';
import type { Self } from './self.ts';

export interface FoundingHooks {
  /** The configuration is durable; this radiant is born into these places. */
  readonly onAdopted: (births: readonly GroupRecord[]) => void;
  /** An earlier boot of this radiant had a place of which this one knows nothing. */
  readonly onLost: (why: string) => void;
}

export class Founding {
  readonly #self: Self;
  readonly #options: RadiantOptions;
  readonly #founding: FoundingRecord | undefined;
  readonly #configuration: ConfigurationHolder;
  readonly #peers: Peers;
  readonly #router: Router;
  readonly #handshake: Handshake;
  readonly #members: KnownMembers;
  readonly #hooks: FoundingHooks;

  constructor(options: {
    readonly self: Self;
    readonly options: RadiantOptions;
    readonly founding: FoundingRecord | undefined;
    readonly configuration: ConfigurationHolder;
    readonly peers: Peers;
    readonly router: Router;
    readonly handshake: Handshake;
    readonly members: KnownMembers;
    readonly hooks: FoundingHooks;
  }) {
    this.#self = options.self;
    this.#options = options.options;
    this.#founding = options.founding;
    this.#configuration = options.configuration;
    this.#peers = options.peers;
    this.#router = options.router;
    this.#handshake = options.handshake;
    this.#members = options.members;
    this.#hooks = options.hooks;
  }

  get isFounder(): boolean {
    return this.#founding !== undefined;
  }

  get cluster(): ClusterId | undefined {
    return this.#founding?.cluster;
  }

  /** Radiants that could become first voters and are present, this one included. */
  beacons(): readonly Beacon[] {
    const own = this.#self.durable ? [{ radiant: this.#self.radiant, device: this.#self.device }] : [];
    const others = this.#peers.livePeers().flatMap(({ radiant, presence }) => {
      if (presence === undefined || !presence.durable || presence.clientOnly) return [];
      return [{ radiant, device: presence.device }];
    });
    return [...own, ...others];
  }

  /** Mints configuration 1 when enough are present. A founder that restarted goes on here. */
  pursue(): void {
    if (this.#founding === undefined || this.#configuration.number > 0 || this.#configuration.isAdopting) return;
    // Someone has a configuration of this cluster already: it will come, and nothing may be founded twice.
    if (this.#peers.livePeers().some(({ presence }) => (presence?.configurationNumber ?? 0) > 0)) return;
    const { replicationFactor, algorithm, environment } = this.#options;
    const voters = chooseFirstVoters(this.#self.radiant, this.beacons(), replicationFactor);
    if (voters === undefined) return;
    const { cluster } = this.#founding;
    const order = idFromBytes<Order['id']>(environment.randomBytes(ID_BYTES));
    const terms = { cluster, order, algorithm, stateMachine: KEY_VALUE.name, replicationFactor };
    const configuration = foundingConfiguration(terms, voters);
    const value = encodeFoundingRecord({ cluster, configuration });
    this.#adopt(configuration, [{ kind: 'put', key: FOUNDING_KEY, value }]);
  }

  /** A configuration came from another radiant of this cluster, and was checked. */
  learn(configuration: Configuration): void {
    if (this.#configuration.isAdopting || configuration.number <= this.#configuration.number) return;
    this.#adopt(configuration, []);
  }

  /** Whoever knows less is told; it says in its presence what it knows. */
  inform(peer: Peer): void {
    const configuration = this.#configuration.current;
    if (configuration === undefined || peer.presence === undefined) return;
    if (peer.presence.configurationNumber >= configuration.number) return;
    const body = { kind: 'configuration', configuration } as const;
    const { radiant: receiver, boot: receiverBoot } = peer;
    this.#router.send({ receiver, receiverBoot, group: undefined, urgency: 'urgent', body });
  }

  #adopt(configuration: Configuration, changes: readonly RecordChange[]): void {
    const births = configuration.orders.flatMap((order) => this.#birthIn(order));
    for (const { id, replica } of births) {
      if (this.#handshake.wasHereBefore(id, replica)) {
        this.#hooks.onLost('others know this radiant as a voter, and it remembers nothing of that');
        return;
      }
    }
    const creations = births.map((birth): RecordChange => {
      return { kind: 'put', key: groupCreationKey(birth.id), value: encodeGroupRecord(birth) };
    });
    this.#configuration.adopt(configuration, [...changes, ...creations], () => this.#hooks.onAdopted(births));
  }

  /** Only founding itself gives birth to voters; later configurations will bring learners (design, rule 1). */
  #birthIn(order: Order): readonly GroupRecord[] {
    const member = memberOfRadiant(order, this.#self.radiant);
    if (member === undefined || !this.#self.durable || this.#configuration.number > 0) return [];
    // It has been replaced before it heard of its place.
    const list = this.#members.latest(order.id);
    if (list !== undefined && isOut(list, member.replica)) return [];
    const { id, firstVoters, firstShards } = order;
    return [{ id, firstVoters, firstShards, replica: member.replica }];
  }
}

/**
 * Checks a configuration that came from outside.
 * @throws {ShardbearerError} `INVALID_ARGUMENT` where it cannot be one of this cluster, `VERSION_UNSUPPORTED`
 */
export function checkedConfiguration(configuration: Configuration, cluster: ClusterId | undefined): Configuration {
  if (configuration.cluster !== cluster)
    throw new InvalidArgumentError('a configuration of another cluster than its frame');
  validateConfiguration(configuration);
  algorithmNamed(configuration.algorithm);
  stateMachineNamed(configuration.stateMachine);
  return configuration;
}
