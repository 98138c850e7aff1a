/** Carries shard messages between the heralds of two orders. */
import { listedRadiant } from '../../cluster/member-list.ts';
import type { Frame, ShardBody } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import type { KnownMembers } from '../neighbours/known-members.ts';
import type { Peers } from '../neighbours/peers.ts';
import type { Endpoint, Router } from '../neighbours/router.ts';
import type { Identity } from '../identity.ts';

interface ShardTransferRouterOptions {
  readonly identity: Identity;
  readonly configuration: ConfigurationHolder;
  readonly members: KnownMembers;
  readonly peers: Peers;
  readonly router: Router;
  /** Passes a message to this radiant's replica of an order. */
  readonly deliver: (order: OrderId, sender: Endpoint, body: ShardBody) => void;
}

export class ShardTransferRouter {
  readonly #options: ShardTransferRouterOptions;
  /**
   * Messages between two orders of this radiant. They wait until the tick, so that no order handles a message in the
   * middle of a step.
   */
  #own: { readonly order: OrderId; readonly body: ShardBody }[] = [];

  constructor(options: ShardTransferRouterOptions) {
    this.#options = options;
  }

  /** Sends a message to a radiant of `order`. The receiver requests lost messages again. */
  send({ radiant, boot }: Endpoint, order: OrderId, body: ShardBody): void {
    if (radiant === this.#options.identity.radiant) {
      if (this.#own.length < LIMITS.handover.shardsGiven * LIMITS.handover.shardWindow) this.#own.push({ order, body });
      return;
    }
    this.#options.router.send({ receiver: radiant, receiverBoot: boot, group: order, urgency: 'bulk', body });
  }

  /** Delivers a message if its sender is a member of the order that the message names. */
  hear({ group, sender, senderBoot }: Frame, body: ShardBody): void {
    const partner = body.kind === 'shard-request' ? body.to : body.from;
    if (group !== undefined && this.#isMember(partner, sender)) {
      this.#options.deliver(group, { radiant: sender, boot: senderBoot }, body);
    }
  }

  tick(): void {
    const own = this.#own;
    this.#own = [];
    const { radiant, boot } = this.#options.identity;
    for (const { order, body } of own) this.#options.deliver(order, { radiant, boot }, body);
  }

  /**
   * Whether the radiant is a member of the order. The member list or the radiant's own presence, which may be newer,
   * decides.
   */
  #isMember(orderId: OrderId, radiant: RadiantId): boolean {
    const { configuration, members, peers } = this.#options;
    const order = configuration.order(orderId);
    const peer = peers.peer(radiant);
    if (order === undefined || peer?.behind === true) return false;
    if (listedRadiant(members.of(order), radiant) !== undefined) return true;
    return peer?.presence?.memberships.some(({ group }) => group === orderId) ?? false;
  }
}
