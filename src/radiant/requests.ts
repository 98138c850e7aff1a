/**
 * The way of a request: from the client in this host to the herald of the order
 * that it is for, here or elsewhere, and the way of its answer back.
 */
import type { Answer, Body, Frame, Reply, Request } from '../wire/frames/frame.ts';
import type { ClientId, OrderId, RadiantId } from '../wire/identifiers.ts';
import type { Asked, Asker } from './answers.ts';
import { LOCAL, reject } from './answers.ts';
import type { ConfigurationHolder } from './configuration-holder.ts';
import type { Effects } from './effects.ts';
import type { Group } from './replica/group.ts';
import type { ClusterTopology } from './neighbours/cluster-topology.ts';
import type { Peers } from './neighbours/peers.ts';
import { isRefusal } from './refusals.ts';
import type { Router } from './neighbours/router.ts';
import type { Self } from './self.ts';

/** This radiant, as one who asks. */
export interface OwnAsker {
  readonly client: ClientId;
  take(reply: Reply): void;
}

export class Requests {
  readonly #self: Self;
  readonly #effects: Effects;
  readonly #router: Router;
  readonly #peers: Peers;
  readonly #topology: ClusterTopology;
  readonly #configuration: ConfigurationHolder;
  readonly #groups: ReadonlyMap<OrderId, Group>;
  readonly #own: OwnAsker;
  readonly #onHeraldLearned: () => void;

  constructor(options: {
    readonly self: Self;
    readonly effects: Effects;
    readonly router: Router;
    readonly peers: Peers;
    readonly topology: ClusterTopology;
    readonly configuration: ConfigurationHolder;
    readonly groups: ReadonlyMap<OrderId, Group>;
    readonly own: OwnAsker;
    readonly onHeraldLearned: () => void;
  }) {
    this.#self = options.self;
    this.#effects = options.effects;
    this.#router = options.router;
    this.#peers = options.peers;
    this.#topology = options.topology;
    this.#configuration = options.configuration;
    this.#groups = options.groups;
    this.#own = options.own;
    this.#onHeraldLearned = options.onHeraldLearned;
  }

  /** A client in this host asks, or this radiant itself. */
  ask(orderId: OrderId, request: Request, asker: Asker = LOCAL): void {
    const asked = { asker, id: request.id };
    if (this.#configuration.current === undefined) {
      this.answer(asked, reject('NOT_FORMED', 'the cluster has not been formed yet'));
      return;
    }
    const order = this.#configuration.group(orderId);
    if (order === undefined) {
      this.answer(asked, reject('WRONG_SHARD', 'there is no such order'));
      return;
    }
    const receiver = this.#topology.herald(order) ?? this.#topology.anyMember(order);
    if (receiver === this.#self.radiant) {
      this.#hand(orderId, asker, request);
    } else if (receiver === undefined) {
      this.answer(asked, reject('NOT_HERALD', 'no herald of the order is known'));
    } else {
      const failure = this.#forward(orderId, receiver, request);
      if (failure !== undefined) this.answer(asked, failure);
    }
  }

  /** A client behind another radiant asks. */
  receive(frame: Frame, request: Request): void {
    const { sender, senderBoot, receiverBoot, group } = frame;
    const isForThisBoot = receiverBoot === this.#self.boot;
    const asker: Asker = { kind: 'remote', radiant: sender, boot: senderBoot, isForThisBoot };
    if (group === undefined || !this.#hand(group, asker, request)) {
      const order = group === undefined ? undefined : this.#configuration.group(group);
      const herald = order === undefined ? undefined : this.#topology.herald(order);
      this.answer({ asker, id: request.id }, reject('NOT_HERALD', 'this radiant is no member of the order', herald));
    }
  }

  /** An answer came back to this radiant: it is its own, or for the client in this host. */
  returned(frame: Frame, reply: Reply): void {
    const order = frame.group === undefined ? undefined : this.#configuration.group(frame.group);
    const { answer } = reply;
    if (order !== undefined && answer.kind === 'refusal' && answer.herald !== undefined) {
      if (this.#topology.noteHint(order, answer.herald)) this.#onHeraldLearned();
    }
    if (reply.id.client === this.#own.client) this.#own.take(reply);
    else this.#effects.push({ kind: 'reply', reply });
  }

  answer({ asker, id }: Asked, answer: Answer, group?: OrderId): void {
    const reply: Reply = { id, answer };
    switch (asker.kind) {
      case 'local':
        this.#effects.push({ kind: 'reply', reply });
        return;
      case 'own':
        this.#own.take(reply);
        return;
      case 'remote':
        this.#reply(asker, reply, group);
    }
  }

  #reply(asker: Extract<Asker, { kind: 'remote' }>, { id, answer }: Reply, group: OrderId | undefined): void {
    const { radiant: receiver, boot: receiverBoot, isForThisBoot } = asker;
    const reply = { id, answer: isForThisBoot ? answer : withoutCertainty(answer) };
    const body: Body = { kind: 'reply', reply };
    this.#router.send({ receiver, receiverBoot, group, urgency: 'call', body });
  }

  #hand(order: OrderId, asker: Asker, request: Request): boolean {
    const group = this.#groups.get(order);
    group?.accept(asker, request);
    return group !== undefined;
  }

  /**
   * The frame names the herald's boot where it is known: a copy of it that arrives later must not be
   * refused by another boot, as if the first had had no effect. A boot that was not heard of late may have been
   * followed by another one, of which this radiant hears nothing: a frame for it would be in vain each time.
   */
  #forward(order: OrderId, receiver: RadiantId, request: Request): Answer | undefined {
    const receiverBoot = this.#peers.isLive(receiver) ? this.#peers.peer(receiver)?.boot : undefined;
    try {
      const body = { kind: 'request', request } as const;
      const parcel = { receiver, receiverBoot, group: order, urgency: 'call', body } as const;
      return this.#router.send(parcel) ? undefined : reject('UNAVAILABLE', 'there is no way to the herald now');
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return reject(error.code, error.message);
    }
  }
}

/** Another boot may have been brought a copy of the request, and have acted upon it. */
function withoutCertainty(answer: Answer): Answer {
  return answer.kind === 'refusal' ? { ...answer, withoutEffect: false } : answer;
}
