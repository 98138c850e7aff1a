/**
 * The members of each order, from the newest source. The sources are this radiant's replica, the lists that peers pass
 * on, and the creation record.
 */
import { listAtBirth, listedRadiant, listedReplica, saysTheSame } from '../../cluster/member-list.ts';
import type { CreationRecord } from '../../wire/configuration/configuration.ts';
import type { ListedMember, MemberList } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId, ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { Identity } from '../identity.ts';
import type { Peers } from './peers.ts';
import type { ReplicaDirectory } from './replica-directory.ts';

interface Counted {
  readonly lists: readonly (readonly ListedMember[])[];
  readonly radiants: ReadonlySet<RadiantId>;
}

export class KnownMembers {
  readonly #identity: Pick<Identity, 'radiant'>;
  readonly #configuration: ConfigurationHolder;
  readonly #replicas: ReplicaDirectory;
  readonly #peers: Peers;
  readonly #heard = new Map<OrderId, MemberList>();
  readonly #atBirth = new Map<OrderId, MemberList>();
  /** Orders that this radiant has left, with its last replica id. */
  readonly #left = new Map<OrderId, ReplicaId>();
  /** Cache of `radiants()`. Every tick asks for this set, and it seldom changes. */
  #counted: Counted = { lists: [], radiants: new Set() };

  constructor(
    identity: Pick<Identity, 'radiant'>,
    configuration: ConfigurationHolder,
    replicas: ReplicaDirectory,
    peers: Peers,
  ) {
    this.#identity = identity;
    this.#configuration = configuration;
    this.#replicas = replicas;
    this.#peers = peers;
  }

  /**
   * Takes a list from a peer.
   * @param isAhead whether the peer knows a later configuration, so that the list may be of an order that is unknown
   * here
   * @returns whether the list is newer than the known one
   */
  hear(list: MemberList, isAhead: boolean): boolean {
    const known = this.#heard.get(list.group);
    if (known !== undefined && list.index <= known.index) return false;
    if (known === undefined && !this.#mayConcernUs(list.group, isAhead)) return false;
    this.#heard.set(list.group, list);
    return known === undefined || !saysTheSame(known, list);
  }

  /** Drops the lists of orders that are not in the configuration. */
  keepOnly(orders: ReadonlySet<OrderId>): void {
    for (const order of this.#heard.keys()) if (!orders.has(order)) this.#heard.delete(order);
    for (const order of this.#atBirth.keys()) if (!orders.has(order)) this.#atBirth.delete(order);
    for (const order of this.#left.keys()) if (!orders.has(order)) this.#left.delete(order);
  }

  /** Notes that this radiant has left the order, even if it has not heard of the members since. */
  noteLeft(order: OrderId, replica: ReplicaId): void {
    this.#left.set(order, replica);
    this.#atBirth.delete(order);
  }

  /** This radiant's last replica id, if it has left the order. */
  leftAs(order: OrderId): ReplicaId | undefined {
    return this.#left.get(order);
  }

  /** The latest known list of an order. */
  of(order: CreationRecord): MemberList {
    const latest = this.latest(order.id);
    if (latest !== undefined) return latest;
    const atBirth = this.#atBirth.get(order.id) ?? this.#withoutOwn(listAtBirth(order));
    this.#atBirth.set(order.id, atBirth);
    return atBirth;
  }

  /** The latest list that was heard. Undefined if no list was heard. */
  latest(order: OrderId): MemberList | undefined {
    const own = this.#replicas.get(order)?.memberList();
    const heard = this.#heard.get(order);
    if (own === undefined || heard === undefined) return own ?? heard;
    return heard.index > own.index ? heard : own;
  }

  /** The lists of all orders in the configuration, for the neighbours. */
  lists(): readonly MemberList[] {
    return this.#configuration
      .groups()
      .flatMap(({ id }) => this.latest(id) ?? [])
      .slice(0, LIMITS.configuration.memberships);
  }

  /** The members of all orders, including wanted ones that do not take part yet. */
  radiants(): ReadonlySet<RadiantId> {
    const lists = this.#configuration.groups().map((order) => this.of(order).members);
    if (!isSame(lists, this.#counted.lists)) {
      this.#counted = { lists, radiants: new Set(lists.flat().map(({ radiant }) => radiant)) };
    }
    return this.#counted.radiants;
  }

  replicaOf(order: CreationRecord, radiant: RadiantId): ListedMember | undefined {
    return listedRadiant(this.of(order), radiant);
  }

  /** The radiant that runs a replica. A replica that is newer than the list belongs to the radiant that claims it. */
  radiantOf(orderId: OrderId, replica: ReplicaId): RadiantId | undefined {
    const order = this.#configuration.group(orderId);
    if (order === undefined) return undefined;
    const list = this.of(order);
    const listed = listedReplica(list, replica)?.radiant;
    if (listed !== undefined || replica < list.nextReplica) return listed;
    const claims = (peer: { readonly radiant: RadiantId }) => this.takesPart(peer.radiant, orderId, replica);
    return this.#peers.livePeers().find(claims)?.radiant;
  }

  /** Whether a radiant claims to run this replica. */
  takesPart(radiant: RadiantId, order: OrderId, replica: ReplicaId): boolean {
    const memberships = this.#peers.peer(radiant)?.presence?.memberships ?? [];
    return memberships.some((known) => known.group === order && known.replica === replica);
  }

  /** The list without this radiant's former replicas. */
  #withoutOwn(list: MemberList): MemberList {
    const left = this.#left.get(list.group);
    if (left === undefined) return list;
    const { radiant: own } = this.#identity;
    return { ...list, members: list.members.filter(({ radiant, replica }) => radiant !== own || replica > left) };
  }

  #mayConcernUs(order: OrderId, isAhead: boolean): boolean {
    if (this.#configuration.group(order) !== undefined) return true;
    return (this.#configuration.current === undefined || isAhead) && this.#heard.size < LIMITS.configuration.orders;
  }
}

function isSame(some: Counted['lists'], others: Counted['lists']): boolean {
  return some.length === others.length && some.every((list, at) => list === others[at]);
}
