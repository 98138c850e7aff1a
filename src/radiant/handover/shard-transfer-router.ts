/** Where the heralds of two orders meet: which order speaks to which, and who speaks for each. */
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
  /** Hands a body to this radiant's replica of an order. */
  readonly deliver: (order: OrderId, sender: Endpoint, body: ShardBody) => void;
}

export class ShardTransferRouter {
  readonly #options: ShardTransferRouterOptions;
  /** From one order of this radiant to another one: they are not brought to each other in the middle of a step. */
  #own: { readonly order: OrderId; readonly body: ShardBody }[] = [];

  constructor(options: ShardTransferRouterOptions) {
    this.#options = options;
  }

  /** To a radiant that speaks for `order`. What gets lost is asked for again. */
  send({ radiant, boot }: Endpoint, order: OrderId, body: ShardBody): void {
    if (radiant === this.#options.identity.radiant) {
      if (this.#own.length < LIMITS.shardsGiven * LIMITS.shardWindow) this.#own.push({ order, body });
      return;
    }
    this.#options.router.send({ receiver: radiant, receiverBoot: boot, group: order, urgency: 'bulk', body });
  }

  /** Only a member of the order that is named in it can have sent it. */
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

  /** By what is known of the order, or by its own word, which may be newer. */
  #isMember(orderId: OrderId, radiant: RadiantId): boolean {
    const { configuration, members, peers } = this.#options;
    const order = configuration.order(orderId);
    const peer = peers.peer(radiant);
    if (order === undefined || peer?.behind === true) return false;
    if (listedRadiant(members.of(order), radiant) !== undefined) return true;
    return peer?.presence?.memberships.some(({ group }) => group === orderId) ?? false;
  }
}
