/**
 * How one configuration follows another here: what this radiant learns of a later one it makes durable, together with
 * its births in orders that are new, and with the end of what it kept of orders that are gone; then it passes it on.
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
  /** The configuration is durable; this radiant is born into these places. */
  readonly onAdopted: (births: readonly GroupRecord[], isFirst: boolean) => void;
  /** An earlier boot of this radiant had a place of which this one knows nothing. */
  readonly onLost: (why: string) => void;
}

/** What was sent to whom last. */
interface Informed {
  readonly boot: Peer['boot'];
  readonly number: number;
  readonly atMs: number;
}

export class ConfigurationAdoption {
  readonly #options: ConfigurationAdoptionOptions;
  readonly #informed = new Map<RadiantId, Informed>();
  /** The latest that came while another one was being made durable. */
  #next: Configuration | undefined;

  constructor(options: ConfigurationAdoptionOptions) {
    this.#options = options;
  }

  /** A configuration of this cluster is known to be decided on. One of another founding is never taken up. */
  learn(configuration: Configuration): void {
    const { configuration: holder } = this.#options;
    const isOfOtherFounding = holder.current !== undefined && holder.bondsmith?.id !== configuration.bondsmith.id;
    if (isOfOtherFounding || configuration.number <= holder.number) return;
    if (!holder.isAdopting) this.adopt(configuration, []);
    else if (configuration.number > (this.#next?.number ?? 0)) this.#next = configuration;
  }

  /** Takes up what the bondsmith's order has decided, where this radiant is one of it: to be called after every event. */
  reconcile(): void {
    const { configuration, orders } = this.#options;
    const { bondsmith } = configuration;
    const decided = bondsmith && orders.byOrder.get(bondsmith.id)?.decided;
    if (decided !== undefined) this.learn(decided);
  }

  /** Makes it durable with `changes`. None may be on its way. */
  adopt(configuration: Configuration, changes: readonly RecordChange[]): void {
    const births = groupsOf(configuration).flatMap((group) => this.#birthIn(group));
    for (const { id, replica } of births) {
      if (this.#options.handshake.wasHereBefore(id, replica)) {
        this.#options.onLost('others know this radiant as a voter, and it remembers nothing of that');
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

  /** Tells those whom nobody else tells: the bondsmith its neighbours, and whoever else knows of one that is none of those. */
  spread(isFirst: boolean): void {
    const { peers, configuration, topology, identity } = this.#options;
    const bondsmith = configuration.bondsmith && topology.herald(configuration.bondsmith);
    const isTold = ({ radiant }: Peer) => {
      if (isFirst || bondsmith === undefined || bondsmith === identity.radiant) return false;
      return radiant === bondsmith || peers.peer(bondsmith)?.presence?.neighbours.includes(radiant) === true;
    };
    for (const peer of peers.livePeers()) if (!isTold(peer)) this.inform(peer);
  }

  /** Whoever knows less is told; it says in its presence what it knows. */
  inform(peer: Peer): void {
    const { current } = this.#options.configuration;
    if (current === undefined || peer.presence === undefined || peer.foreign) return;
    if (peer.presence.configurationNumber < current.number) this.#tell(peer, current);
  }

  /** A radiant of another founding is told so: with the configuration of this one. */
  answerForeign(peer: Peer): void {
    const { current } = this.#options.configuration;
    if (current !== undefined) this.#tell(peer, current);
  }

  /** Not again before it can have shown in its presence that it came. */
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
   * Its place in a group that is new here. In one that it knew of before it was born when it learned of it, or never
   * will be: the two are one write.
   */
  #birthIn(group: CreationRecord): readonly GroupRecord[] {
    const { identity, configuration, members } = this.#options;
    const member = memberOfRadiant(group, identity.radiant);
    if (member === undefined || !identity.durable || configuration.group(group.id) !== undefined) return [];
    // It has been replaced before it heard of its place.
    const list = members.latest(group.id);
    if (list !== undefined && isOut(list, member.replica)) return [];
    const { id, firstVoters, firstShards } = group;
    return [{ id, firstVoters, firstShards, replica: member.replica }];
  }

  /** What lies here of groups that are no more. */
  #endGone(configuration: Configuration): readonly RecordChange[] {
    const { orders, writer } = this.#options;
    const there = new Set(groupsOf(configuration).map(({ id }) => id));
    // Until this is durable, the configuration counts in which they are: a replica that is not there would be a lost one.
    for (const id of orders.byOrder.keys()) if (!there.has(id)) orders.end(id);
    return ordersIn(writer.keysUnder('group/'))
      .filter((id) => !there.has(id))
      .flatMap((id) => writer.keysUnder(groupPrefix(id)))
      .map((key): RecordChange => ({ kind: 'delete', key }));
  }
}
