/** What comes over links: each frame and each change of a link finds the part that it is for. */
import type { TransportEvent } from '../transport/contract.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import type { Body, Frame, Presence, SnapshotBody } from '../wire/frames/frame.ts';
import type { ClusterId, LinkId, OrderId, RadiantId, ReplicaId } from '../wire/identifiers.ts';
import type { Announcer } from './neighbours/announcer.ts';
import type { ConfigurationHolder } from './configuration-holder.ts';
import type { Effects } from './effects.ts';
import type { ReplicaLifecycle } from './membership/replica-lifecycle.ts';
import { checkedConfiguration } from './configuration-check.ts';
import type { Founding } from './membership/founding.ts';
import type { Group } from './replica/group.ts';
import type { Groups } from './replica/groups.ts';
import type { ShardTransferRouter } from './handover/shard-transfer-router.ts';
import type { Handshake } from './neighbours/handshake.ts';
import type { KnownMembers } from './neighbours/known-members.ts';
import type { SplitBrainDetector } from './neighbours/split-brain-detector.ts';
import type { Peer, Peers } from './neighbours/peers.ts';
import type { Refusals } from './refusals.ts';
import type { Requests } from './requests.ts';
import type { Router } from './neighbours/router.ts';
import type { ConfigurationAdoption } from './membership/configuration-adoption.ts';

type ConsensusBody = Extract<Body, { kind: 'consensus' }>;
type PresenceBody = Extract<Body, { kind: 'presence' }>;

export interface InboxOptions {
  readonly effects: Effects;
  readonly peers: Peers;
  readonly configuration: ConfigurationHolder;
  readonly router: Router;
  readonly refusals: Refusals;
  readonly groups: Groups;
  readonly members: KnownMembers;
  readonly replicaLifecycle: ReplicaLifecycle;
  readonly splitBrainDetector: SplitBrainDetector;
  readonly handshake: Handshake;
  readonly founding: Founding;
  readonly configurationAdoption: ConfigurationAdoption;
  readonly announcer: Announcer;
  readonly requests: Requests;
  readonly handovers: ShardTransferRouter;
  /** Others belong to this order now than before. */
  readonly onMembers: (order: OrderId) => void;
  /** Something that people and clients see changed. */
  readonly onViewChange: () => void;
}

export class Inbox {
  readonly #parts: InboxOptions;

  constructor(parts: InboxOptions) {
    this.#parts = parts;
  }

  take(event: TransportEvent): void {
    switch (event.kind) {
      case 'link-opened':
        this.#parts.peers.open(event.link, event.neighbour);
        this.#greet(event.link);
        this.#parts.onViewChange();
        return;
      case 'link-closed':
        this.#close(event.link, event.reason === 'goodbye');
        return;
      case 'frame':
        this.#receive(event.link, event.bytes);
        return;
      case 'round-trip': {
        const link = this.#parts.peers.link(event.link);
        if (link !== undefined) link.roundTripMs = event.milliseconds;
        return;
      }
      case 'signal-out': {
        const body = { kind: 'signal', sealed: event.sealed } as const;
        this.#parts.router.send({
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

  /** A radiant was heard no more, or took its leave: nobody waits for it. Membership stays as it is. */
  lose(radiant: RadiantId): void {
    this.#parts.groups.lost(radiant);
    this.#parts.onViewChange();
  }

  #greet(link: LinkId): void {
    const opened = this.#parts.peers.link(link);
    if (opened !== undefined) this.#parts.announcer.greet(opened);
  }

  #close(linkId: LinkId, saidGoodbye: boolean): void {
    const { peers } = this.#parts;
    const closed = peers.close(linkId);
    if (closed === undefined) return;
    const { radiant, boot } = closed.neighbour;
    const isGone = saidGoodbye
      ? peers.depart(radiant, boot)
      : peers.linkTo(radiant) === undefined && peers.disconnect(radiant);
    if (isGone) this.lose(radiant);
    else this.#parts.onViewChange();
  }

  #receive(link: LinkId, bytes: Uint8Array): void {
    const frame = this.#parts.router.admit(link, bytes);
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
        this.#parts.requests.receive(frame, body.request);
        return;
      case 'reply':
        this.#parts.requests.returned(frame, body.reply);
        return;
      case 'goodbye':
        if (this.#parts.peers.depart(frame.sender, frame.senderBoot)) this.lose(frame.sender);
        return;
      case 'signal':
        this.#parts.effects.push({ kind: 'signal', from: frame.sender, sealed: body.sealed });
        return;
      case 'snapshot-request':
      case 'snapshot-chunk':
      case 'snapshot-gone':
        this.#hearSnapshot(frame, body);
        return;
      case 'shard-request':
      case 'shard-chunk':
        this.#parts.handovers.hear(frame, body);
        return;
    }
  }

  #meet(frame: Frame, { presence }: PresenceBody): void {
    const { peers, handshake, founding, configurationAdoption, announcer } = this.#parts;
    const before = peers.peer(frame.sender)?.presence;
    const peer = peers.present(frame.sender, frame.senderBoot, presence);
    if (peer === undefined) return;
    this.#learnMembers(peer, presence);
    this.#parts.splitBrainDetector.examine(peer);
    if (handshake.examine(peer)) {
      this.lose(peer.radiant);
      announcer.tell(peer.radiant);
    }
    configurationAdoption.inform(peer);
    founding.reconcile();
    this.#parts.replicaLifecycle.reconcile();
    if (before === undefined || tellsMore(before, presence)) this.#parts.onViewChange();
  }

  /** Before all else that a presence says: it tells whose word counts. */
  #learnMembers({ foreign }: Peer, { members, configurationNumber }: Presence): void {
    const isAhead = !foreign && configurationNumber > this.#parts.configuration.number;
    for (const list of members) {
      if (this.#parts.members.hear(list, isAhead)) this.#parts.onMembers(list.group);
    }
  }

  /** A configuration came from another radiant; undefined: through others, as an answer. */
  learn(configuration: Configuration, cluster: ClusterId | undefined, sender?: RadiantId): void {
    const { refusals, splitBrainDetector, configurationAdoption, peers } = this.#parts;
    const checked = refusals.read(() => checkedConfiguration(configuration, cluster));
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
    const { group, partner } = known;
    this.#parts.handshake.noteFlushed(partner, group.record.id, from, flushed);
    const isRead = this.#parts.refusals.read(() => {
      group.hear(from, message);
      return true;
    });
    if (isRead === true) group.proceed();
  }

  #hearSnapshot(frame: Frame, body: SnapshotBody): void {
    this.#sender(frame, body.from, body.to)?.group.hearSnapshot(body);
  }

  /** Only a boot that has shown what it remembers speaks to a replica, and only for the replica that it is. */
  #sender(frame: Frame, from: ReplicaId, to: ReplicaId): { readonly group: Group; readonly partner: Peer } | undefined {
    const group = frame.group === undefined ? undefined : this.#parts.groups.byOrder.get(frame.group);
    if (group === undefined || group.record.replica !== to) return undefined;
    const partner = this.#parts.handshake.partner(group.record.id, from);
    if (partner === undefined || partner.radiant !== frame.sender || partner.boot !== frame.senderBoot)
      return undefined;
    return { group, partner };
  }
}

/** Whether clients and people see something else now: who is here, who leads. */
function tellsMore(before: Presence, now: Presence): boolean {
  if (before.configurationNumber !== now.configurationNumber || before.founder !== now.founder) return true;
  if (before.memberships.length !== now.memberships.length) return true;
  return now.memberships.some((membership, at) => {
    const earlier = before.memberships[at];
    return earlier?.role !== membership.role || earlier.leader !== membership.leader;
  });
}
