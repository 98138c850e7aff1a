/** Dispatches the events of the transport, which are frames and changes of links. */
import type { TransportEvent } from '../transport/contract.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { Body, Frame, Presence, SnapshotBody } from '../wire/frames/frame.ts';
import type { ClusterId, LinkId, OrderId, RadiantId, ReplicaId } from '../wire/identifiers.ts';
import type { Changes } from './changes.ts';
import type { Announcer } from './neighbours/announcer.ts';
import type { ConfigurationHolder } from './configuration-holder.ts';
import type { EffectQueue } from './event.ts';
import type { ReplicaLifecycle } from './membership/replica-lifecycle.ts';
import { checkedConfiguration } from './configuration-check.ts';
import type { Founding } from './membership/founding.ts';
import type { LocalOrder } from './orders/local-order.ts';
import type { LocalOrders } from './orders/local-orders.ts';
import type { ShardTransferRouter } from './handover/shard-transfer-router.ts';
import type { Handshake } from './neighbours/handshake.ts';
import type { KnownMembers } from './neighbours/known-members.ts';
import type { SplitBrainDetector } from './neighbours/split-brain-detector.ts';
import type { Peer, Peers } from './neighbours/peers.ts';
import type { InputErrors } from './input-errors.ts';
import type { RequestRouter } from './request-router.ts';
import type { Router } from './neighbours/router.ts';
import type { ConfigurationAdoption } from './membership/configuration-adoption.ts';

type ConsensusBody = Extract<Body, { kind: 'consensus' }>;
type PresenceBody = Extract<Body, { kind: 'presence' }>;

interface InboxOptions {
  readonly changes: Changes;
  readonly effects: EffectQueue;
  readonly peers: Peers;
  readonly configuration: ConfigurationHolder;
  readonly router: Router;
  readonly inputErrors: InputErrors;
  readonly orders: LocalOrders;
  readonly members: KnownMembers;
  readonly replicaLifecycle: ReplicaLifecycle;
  readonly splitBrainDetector: SplitBrainDetector;
  readonly handshake: Handshake;
  readonly founding: Founding;
  readonly configurationAdoption: ConfigurationAdoption;
  readonly announcer: Announcer;
  readonly requests: RequestRouter;
  readonly handovers: ShardTransferRouter;
  /** Called when the members of an order changed. */
  readonly onMembers: (order: OrderId) => void;
  readonly onViewChange: () => void;
}

export class Inbox {
  readonly #options: InboxOptions;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  take(event: TransportEvent): void {
    switch (event.kind) {
      case 'link-opened':
        this.#options.peers.open(event.link, event.neighbour);
        this.#greet(event.link);
        this.#options.onViewChange();
        return;
      case 'link-closed':
        this.#close(event.link, event.reason === 'goodbye');
        return;
      case 'frame':
        this.#receive(event.link, event.bytes);
        return;
      case 'round-trip': {
        const link = this.#options.peers.link(event.link);
        if (link !== undefined) link.roundTripMs = event.milliseconds;
        return;
      }
      case 'signal-out': {
        const body = { kind: 'signal', sealed: event.sealed } as const;
        this.#options.router.send({
          receiver: event.to,
          receiverBoot: undefined,
          group: undefined,
          urgency: 'bulk',
          body,
        });
        return;
      }
      case 'signaling':
      case 'problem':
        return;
    }
  }

  /**
   * Notes that a radiant fell silent or said goodbye. No replica waits for it any longer. Memberships stay as they are.
   */
  lose(radiant: RadiantId): void {
    this.#options.orders.lost(radiant);
    this.#options.onViewChange();
  }

  #greet(link: LinkId): void {
    const opened = this.#options.peers.link(link);
    if (opened !== undefined) this.#options.announcer.greet(opened);
  }

  #close(linkId: LinkId, saidGoodbye: boolean): void {
    const { peers } = this.#options;
    const closed = peers.close(linkId);
    if (closed === undefined) return;
    const { radiant, boot } = closed.neighbour;
    const isGone = saidGoodbye
      ? peers.depart(radiant, boot)
      : peers.linkTo(radiant) === undefined && peers.disconnect(radiant);
    if (isGone) this.lose(radiant);
    else this.#options.onViewChange();
  }

  #receive(link: LinkId, bytes: Uint8Array): void {
    const frame = this.#options.router.admit(link, bytes);
    if (frame === undefined) return;
    const { body } = frame;
    switch (body.kind) {
      case 'presence':
        this.#meet(frame, body);
        return;
      case 'configuration':
        this.learn(body.configuration, frame.cluster, frame.sender);
        return;
      case 'consensus':
        this.#hearReplica(frame, body);
        return;
      case 'request':
        this.#options.requests.receive(frame, body.request);
        return;
      case 'reply':
        this.#options.requests.receiveReply(frame, body.reply);
        return;
      case 'goodbye':
        if (this.#options.peers.depart(frame.sender, frame.senderBoot)) this.lose(frame.sender);
        return;
      case 'signal':
        this.#options.effects.push({ kind: 'signal', from: frame.sender, sealed: body.sealed });
        return;
      case 'snapshot-request':
      case 'snapshot-chunk':
      case 'snapshot-gone':
        this.#hearSnapshot(frame, body);
        return;
      case 'shard-request':
      case 'shard-chunk':
        this.#options.handovers.hear(frame, body);
        return;
    }
  }

  #meet(frame: Frame, { presence }: PresenceBody): void {
    const { changes, peers, handshake, founding, configurationAdoption, announcer } = this.#options;
    const before = peers.peer(frame.sender)?.presence;
    const peer = peers.present(frame.sender, frame.senderBoot, presence);
    if (peer === undefined) return;
    this.#learnMembers(peer, presence);
    this.#options.splitBrainDetector.examine(peer);
    if (handshake.examine(peer)) {
      this.lose(peer.radiant);
      announcer.tell(peer.radiant);
    }
    configurationAdoption.inform(peer);
    founding.reconcile();
    this.#options.replicaLifecycle.reconcile();
    // Some of these steps changed the facts about the peer.
    changes.note();
    if (before === undefined || tellsMore(before, presence)) this.#options.onViewChange();
  }

  /**
   * Takes the member lists of a presence. This comes first, because members decide which of the peer's other claims
   * count.
   */
  #learnMembers({ foreign }: Peer, { members, configurationNumber }: Presence): void {
    const isAhead = !foreign && configurationNumber > this.#options.configuration.number;
    for (const list of members) {
      if (this.#options.members.hear(list, isAhead)) this.#options.onMembers(list.group);
    }
  }

  /**
   * Takes a configuration of another radiant.
   * @param sender undefined if the configuration came in an answer
   */
  learn(configuration: Configuration, cluster: ClusterId | undefined, sender?: RadiantId): void {
    const { changes, inputErrors, splitBrainDetector, configurationAdoption, peers } = this.#options;
    changes.note();
    const checked = inputErrors.read(() => checkedConfiguration(configuration, cluster));
    if (checked === undefined) return;
    if (!splitBrainDetector.isForeign(checked)) {
      configurationAdoption.learn(checked);
      return;
    }
    const peer = sender === undefined ? undefined : peers.peer(sender);
    if (peer !== undefined && splitBrainDetector.note(peer)) configurationAdoption.answerForeign(peer);
  }

  #hearReplica(frame: Frame, { from, to, flushed, message }: ConsensusBody): void {
    const known = this.#sender(frame, from, to);
    if (known === undefined) return;
    const { order, partner } = known;
    this.#options.handshake.noteFlushed(partner, order.replica.order, from, flushed);
    try {
      order.replica.receive(from, message);
    } catch (error) {
      this.#options.inputErrors.note(error);
      return;
    }
    order.advance();
  }

  #hearSnapshot(frame: Frame, body: SnapshotBody): void {
    this.#sender(frame, body.from, body.to)?.order.receiveSnapshot(body);
  }

  /**
   * The order and the peer of a message. Undefined unless that boot has passed the handshake and runs the replica that
   * the message names.
   */
  #sender(
    frame: Frame,
    from: ReplicaId,
    to: ReplicaId,
  ): { readonly order: LocalOrder; readonly partner: Peer } | undefined {
    const order = frame.group === undefined ? undefined : this.#options.orders.byOrder.get(frame.group);
    if (order === undefined || order.replica.id !== to) return undefined;
    const partner = this.#options.handshake.partner(order.replica.order, from);
    if (partner === undefined || partner.radiant !== frame.sender || partner.boot !== frame.senderBoot)
      return undefined;
    return { order, partner };
  }
}

/** Whether the presence shows other radiants or leaders than before. */
function tellsMore(before: Presence, now: Presence): boolean {
  if (before.configurationNumber !== now.configurationNumber || before.founder !== now.founder) return true;
  if (before.memberships.length !== now.memberships.length) return true;
  return now.memberships.some((membership, at) => {
    const earlier = before.memberships[at];
    return earlier?.role !== membership.role || earlier.leader !== membership.leader;
  });
}
