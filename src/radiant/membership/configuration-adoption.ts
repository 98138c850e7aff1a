/**
 * Adopts later configurations. A configuration is written in one batch with this radiant's new replicas, and with the
 * deletion of orders that were dissolved. Then it is sent to peers.
 */
import { groupsOf, memberOfRadiant } from '../../cluster/configuration.ts';
import { isOut } from '../../cluster/member-list.ts';
import type { RecordChange } from '../../storage/contract.ts';
import { groupCreationKey, groupPrefix, ordersIn } from '../../storage/keys.ts';
import type { Configuration, CreationRecord } from '../../wire/configuration/configuration.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import { encodeGroupRecord } from '../../wire/records/record-codec.ts';
import type { GroupRecord } from '../../wire/records/records.ts';
import type { ReadableClock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { LocalOrders } from '../orders/local-orders.ts';
import type { Handshake } from '../neighbours/handshake.ts';
import type { KnownMembers } from '../neighbours/known-members.ts';
import type { ClusterTopology } from '../neighbours/cluster-topology.ts';
import type { Peer, Peers } from '../neighbours/peers.ts';
import type { Router } from '../neighbours/router.ts';
import type { Identity } from '../identity.ts';
import type { Writer } from '../writer.ts';

interface ConfigurationAdoptionOptions {
  readonly identity: Identity;
  readonly configuration: ConfigurationHolder;
  readonly clock: ReadableClock;
  readonly peers: Peers;
  readonly router: Router;
  readonly handshake: Handshake;
  readonly members: KnownMembers;
  readonly topology: ClusterTopology;
  readonly orders: LocalOrders;
  readonly writer: Writer;
  /** Called when the configuration is durable, and so are this radiant's new replicas. */
  readonly onAdopted: (births: readonly GroupRecord[], isFirst: boolean) => void;
  /** Called when peers know a replica of an earlier boot that this boot does not remember. */
  readonly onLost: (why: string) => void;
}

/** The configuration that a peer was sent last. */
interface Informed {
  readonly boot: Peer['boot'];
  readonly number: number;
  readonly atMs: number;
}

export class ConfigurationAdoption {
  readonly #options: ConfigurationAdoptionOptions;
  readonly #informed = new Map<RadiantId, Informed>();
  /** The latest configuration that arrived during a write. */
  #next: Configuration | undefined;

  constructor(options: ConfigurationAdoptionOptions) {
    this.#options = options;
  }

  /** Takes a decided configuration of this cluster. A configuration of another founding is ignored. */
  learn(configuration: Configuration): void {
    const { configuration: holder } = this.#options;
    const isOfOtherFounding = holder.current !== undefined && holder.bondsmith?.id !== configuration.bondsmith.id;
    if (isOfOtherFounding || configuration.number <= holder.number) return;
    if (!holder.isAdopting) this.adopt(configuration, []);
    else if (configuration.number > (this.#next?.number ?? 0)) this.#next = configuration;
  }

  /** Takes the decision of the bondsmith's order if this radiant has a replica of it. Call this after every event. */
  reconcile(): void {
    const { configuration, orders } = this.#options;
    const { bondsmith } = configuration;
    const decided = bondsmith && orders.byOrder.get(bondsmith.id)?.decided;
    if (decided !== undefined) this.learn(decided);
  }

  /** Writes the configuration and `changes` in one batch. No other adoption may be in progress. */
  adopt(configuration: Configuration, changes: readonly RecordChange[]): void {
    const births = groupsOf(configuration).flatMap((group) => this.#birthIn(group));
    for (const { id, replica } of births) {
      if (this.#options.handshake.wasHereBefore(id, replica)) {
        this.#options.onLost('Peers know this radiant as a voter, but its database does not.');
        return;
      }
    }
    const creations = births.map((birth): RecordChange => {
      return { kind: 'put', key: groupCreationKey(birth.id), value: encodeGroupRecord(birth) };
    });
    for (const { id } of births) this.#options.orders.expect(id);
    const isFirst = this.#options.configuration.number === 0;
    const all = [...changes, ...this.#endGone(configuration), ...creations];
    this.#options.configuration.adopt(configuration, all, () => {
      this.#options.onAdopted(births, isFirst);
      this.#goOn();
    });
  }

  #goOn(): void {
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) this.learn(next);
  }

  /**
   * Sends the configuration to peers that no other radiant reaches. The bondsmith sends to its neighbours, and other
   * radiants send to the rest.
   */
  spread(isFirst: boolean): void {
    const { peers, configuration, topology, identity } = this.#options;
    const bondsmith = configuration.bondsmith && topology.herald(configuration.bondsmith);
    const isTold = ({ radiant }: Peer) => {
      if (isFirst || bondsmith === undefined || bondsmith === identity.radiant) return false;
      return radiant === bondsmith || peers.peer(bondsmith)?.presence?.neighbours.includes(radiant) === true;
    };
    for (const peer of peers.livePeers()) if (!isTold(peer)) this.inform(peer);
  }

  /** Sends the configuration to a peer whose presence shows an older one. */
  inform(peer: Peer): void {
    const { current } = this.#options.configuration;
    if (current === undefined || peer.presence === undefined || peer.foreign) return;
    if (peer.presence.configurationNumber < current.number) this.#tell(peer, current);
  }

  /** Answers a radiant of another founding with this configuration, which shows the split. */
  answerForeign(peer: Peer): void {
    const { current } = this.#options.configuration;
    if (current !== undefined) this.#tell(peer, current);
  }

  /**
   * Sends the configuration to a peer. Waits for the peer's presence to show the arrival before it sends the same
   * configuration again.
   */
  #tell({ radiant, boot }: Peer, configuration: Configuration): void {
    const { router, clock } = this.#options;
    const { nowMs } = clock;
    const last = this.#informed.get(radiant);
    const isTold = last?.boot === boot && last.number === configuration.number;
    if (isTold && nowMs - last.atMs < clock.times.liveness.presenceMs) return;
    this.#makeRoom();
    this.#informed.set(radiant, { boot, number: configuration.number, atMs: nowMs });
    const body = { kind: 'configuration', configuration } as const;
    router.send({ receiver: radiant, receiverBoot: boot, group: undefined, urgency: 'urgent', body });
  }

  #makeRoom(): void {
    for (const radiant of this.#informed.keys())
      if (this.#options.peers.peer(radiant) === undefined) this.#informed.delete(radiant);
  }

  /**
   * This radiant's replica in an order that is new here. In a known order the replica was born with the configuration,
   * because both are one write.
   */
  #birthIn(group: CreationRecord): readonly GroupRecord[] {
    const { identity, configuration, members } = this.#options;
    const member = memberOfRadiant(group, identity.radiant);
    if (member === undefined || !identity.durable || configuration.group(group.id) !== undefined) return [];
    // The replica was replaced before this radiant heard of the order.
    const list = members.latest(group.id);
    if (list !== undefined && isOut(list, member.replica)) return [];
    const { id, firstVoters, firstShards } = group;
    return [{ id, firstVoters, firstShards, replica: member.replica }];
  }

  /** Deletions of the records of dissolved orders. */
  #endGone(configuration: Configuration): readonly RecordChange[] {
    const { orders, writer } = this.#options;
    const there = new Set(groupsOf(configuration).map(({ id }) => id));
    // The replicas end before the write. The old configuration counts until the write is durable, and a missing replica
    // would look lost.
    for (const id of orders.byOrder.keys()) if (!there.has(id)) orders.end(id);
    return ordersIn(writer.keysUnder('group/'))
      .filter((id) => !there.has(id))
      .flatMap((id) => writer.keysUnder(groupPrefix(id)))
      .map((key): RecordChange => ({ kind: 'delete', key }));
  }
}
