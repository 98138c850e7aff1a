/** Routes requests to the herald of their order, on this radiant or on another one. */
import type { Frame, Reply, Request } from '../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../wire/identifiers.ts';
import type { RequestOrigin, Requester } from './replies.ts';
import { LOCAL_CLIENT, reject } from './replies.ts';
import type { Bondsmith } from './bondsmith/bondsmith.ts';
import type { ConfigurationHolder } from './configuration-holder.ts';
import type { ClusterTopology } from './neighbours/cluster-topology.ts';
import type { Peers } from './neighbours/peers.ts';
import type { ReplySender } from './neighbours/reply-sender.ts';
import type { Router } from './neighbours/router.ts';
import type { LocalOrder } from './orders/local-order.ts';
import { isInputError } from './input-errors.ts';
import type { Identity } from './identity.ts';

interface RequestRouterOptions {
  readonly identity: Identity;
  readonly peers: Peers;
  readonly router: Router;
  readonly replies: ReplySender;
  readonly topology: ClusterTopology;
  readonly configuration: ConfigurationHolder;
  readonly orders: ReadonlyMap<OrderId, LocalOrder>;
  readonly bondsmith: Bondsmith;
  /** Called when another herald is known, so that clients can look again. */
  readonly onHeraldLearned: () => void;
}

export class RequestRouter {
  readonly #options: RequestRouterOptions;

  constructor(options: RequestRouterOptions) {
    this.#options = options;
  }

  /** Takes a request of the client in this host, or of this radiant itself. */
  ask(orderId: OrderId, request: Request, requester: Requester = LOCAL_CLIENT): void {
    const { identity, configuration, topology, replies, orders } = this.#options;
    const origin = { requester, id: request.id };
    const own = orders.get(orderId);
    const { question } = request;
    if (own?.replica.leads === true || (question.kind === 'watch' && own?.canAnswer(question) === true)) {
      this.#deliver(own, origin, request);
      return;
    }
    const order = configuration.group(orderId);
    if (order === undefined) {
      const refusal =
        configuration.current === undefined
          ? reject('NOT_FORMED', 'The cluster is not founded yet.')
          : reject('WRONG_SHARD', 'The configuration has no such order.');
      replies.answer(origin, refusal);
      return;
    }
    const receiver = topology.herald(order) ?? topology.anyMember(order);
    if (receiver === undefined)
      replies.answer(origin, reject('NOT_HERALD', 'No herald of the order is known. Retry later.'));
    else if (receiver !== identity.radiant) this.#forward(orderId, origin, request, receiver);
    else if (own !== undefined) this.#deliver(own, origin, request);
  }

  /** Takes a request of a client behind another radiant. */
  receive({ sender, senderBoot, receiverBoot, group }: Frame, request: Request): void {
    const isForThisBoot = receiverBoot === this.#options.identity.boot;
    const origin: RequestOrigin = {
      requester: { kind: 'remote', radiant: sender, boot: senderBoot, isForThisBoot },
      id: request.id,
    };
    const order = group === undefined ? undefined : this.#options.orders.get(group);
    if (order !== undefined) {
      this.#deliver(order, origin, request);
      return;
    }
    const herald = group === undefined ? undefined : this.#options.topology.heraldOf(group);
    this.#options.replies.answer(origin, reject('NOT_HERALD', 'This radiant is not a member of the order.', herald));
  }

  /** Takes a reply of another radiant, and remembers the herald that it names. */
  receiveReply({ group }: Frame, reply: Reply): void {
    const { configuration, topology, replies, onHeraldLearned } = this.#options;
    const order = group === undefined ? undefined : configuration.group(group);
    const { answer } = reply;
    if (order !== undefined && answer.kind === 'refusal' && answer.herald !== undefined) {
      if (topology.noteHint(order, answer.herald)) onHeraldLearned();
    }
    replies.receive(reply);
  }

  #deliver(order: LocalOrder, origin: RequestOrigin, { question }: Request): void {
    if (question.kind === 'watch') order.watch(origin, question);
    else if (question.kind !== 'administer') order.accept(origin, question);
    else this.#options.bondsmith.accept(order.replica.order, origin, question.administration);
  }

  /**
   * Sends a request to another radiant. Names the herald's boot in the frame if that boot is live. A later boot of the
   * herald must not refuse a late copy and claim that the request had no effect. A boot that was not heard recently may
   * have a successor that this radiant does not hear. Frames for the old boot would then be lost each time.
   */
  #forward(order: OrderId, origin: RequestOrigin, request: Request, receiver: RadiantId): void {
    const { peers, router, replies } = this.#options;
    const receiverBoot = peers.isLive(receiver) ? peers.peer(receiver)?.boot : undefined;
    const body = { kind: 'request', request } as const;
    try {
      if (router.send({ receiver, receiverBoot, group: order, urgency: 'call', body })) return;
      replies.answer(origin, reject('UNAVAILABLE', 'The herald cannot be reached. Retry later.'));
    } catch (error) {
      if (!isInputError(error)) throw error;
      replies.answer(origin, reject(error.code, error.message));
    }
  }
}
