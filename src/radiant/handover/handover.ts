/**
 * What an order's herald does about shards that come, go, or have become others (design, rule 10): by the configuration
 * that is durable here, and by what the log says.
 */
import type { HeldShard, ShardKeeper } from '../../store/contract.ts';
import type { Configuration, ShardRange } from '../../wire/configuration/configuration.ts';
import type { ShardBody } from '../../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { MoveView } from '../contract.ts';
import type { Endpoint } from './shard-transfer-router.ts';
import { ShardSender } from './shard-sender.ts';
import type { ComingShard, HandoverPlan } from './plan.ts';
import { nameOfShard, NOTHING_PLANNED, planHandover } from './plan.ts';
import type { SecuredContext } from './secured.ts';
import { SecuredShards } from './secured.ts';
import { ShardReceiver } from './shard-receiver.ts';
import { viewOfMoves } from './view.ts';
import type { ProposalContext } from '../herald/own-proposals.ts';
import { OwnProposals } from '../herald/own-proposals.ts';

/** What a replica needs of the radiant that it lives in. */
export interface HandoverContext {
  /** Durable here; undefined: none is known. */
  readonly configuration: () => Configuration | undefined;
  /** Who leads an order and can be reached. */
  readonly herald: (order: OrderId) => RadiantId | undefined;
  readonly send: (to: Endpoint, order: OrderId, body: ShardBody) => void;
  /** Reads what came from outside. @returns undefined where it was refused, which is counted */
  readonly read: <Value>(reading: () => Value) => Value | undefined;
  /** Tells the bondsmith that this order has the whole of a shard. */
  readonly report: (shard: ShardRange) => void;
}

export interface LeaderHandoverContext extends ProposalContext, SecuredContext, HandoverContext {
  readonly order: OrderId;
  /** Undefined: this is no order that serves shards. */
  readonly shards: () => ShardKeeper | undefined;
}

interface Planned {
  readonly configuration: Configuration | undefined;
  readonly held: readonly HeldShard[] | undefined;
  readonly plan: HandoverPlan;
}

export class Handover {
  readonly #context: LeaderHandoverContext;
  readonly #proposals: OwnProposals;
  readonly #secured: SecuredShards;
  readonly #sender: ShardSender;
  readonly #receiver: ShardReceiver;
  #planned: Planned = { configuration: undefined, held: undefined, plan: NOTHING_PLANNED };
  /** What lies in the log of before a term must be applied before this replica knows where it stands. */
  #term = { number: 0, firstIndex: Number.POSITIVE_INFINITY };

  constructor(context: LeaderHandoverContext) {
    this.#context = context;
    this.#proposals = new OwnProposals(context);
    const configurationNumber = () => context.configuration()?.number ?? 0;
    this.#secured = new SecuredShards(context);
    const isSecured = (name: string) => this.#secured.isSecured(name);
    this.#sender = new ShardSender({ ...context, isSecured, proposals: this.#proposals });
    const isPiece = (bytes: Uint8Array) => context.read(() => isReadable(context.shards(), bytes)) ?? false;
    this.#receiver = new ShardReceiver({ ...context, configurationNumber, isPiece, proposals: this.#proposals });
  }

  /** One of the order's shards is on its way here or away. */
  get isUnderWay(): boolean {
    const { coming, leaving } = this.#plan();
    const held = this.#context.shards()?.held() ?? [];
    return coming.length > 0 || leaving.length > 0 || held.some(({ shardState }) => shardState.kind !== 'active');
  }

  hear(sender: Endpoint, body: ShardBody): void {
    if (!this.#leads()) return;
    if (body.kind === 'shard-request') this.#sender.hear(sender, body);
    else this.#receiver.hear(body);
    this.proceed();
  }

  /** Goes on as far as it can now: cheap where there is nothing to do. */
  proceed(): void {
    if (!this.#receiver.isWaiting && !this.#sender.isWaiting) return;
    if (!this.#leads()) return;
    this.#sender.proceed();
    this.#receiver.proceed(this.#plan().coming);
  }

  tick(): void {
    if (!this.#leads()) return;
    const { coming, arrived, leaving, left, consolidated } = this.#plan();
    this.#proposals.tick();
    this.#sender.tick();
    this.#sender.discard(left);
    this.#receiver.tick(coming);
    for (const shard of consolidated) this.#consolidate(shard);
    this.#report(arrived);
    this.#secured.keepOnly(new Set([...arrived, ...leaving].map(({ shard }) => nameOfShard(shard))));
  }

  stepDown(): void {
    this.#proposals.stepDown();
    this.#secured.keepOnly(new Set());
    this.#sender.stepDown();
    this.#receiver.stepDown();
  }

  moves(): readonly MoveView[] {
    return viewOfMoves(this.#plan(), this.#context.shards()?.held() ?? [], {
      taken: (shard) => this.#receiver.bytesOf(shard),
      given: (shard) => this.#sender.given(shard),
    });
  }

  /** The old owner forgets them then. */
  #report(arrived: readonly ComingShard[]): void {
    const secured = arrived.filter(({ shard }) => this.#secured.isSecured(nameOfShard(shard)));
    for (const { shard } of secured.slice(0, LIMITS.shardReports)) this.#context.report(shard);
  }

  #consolidate(shard: ShardRange): void {
    this.#proposals.propose(`consolidate ${nameOfShard(shard)}`, { kind: 'consolidate', shard });
  }

  #leads(): boolean {
    const { role, term, lastIndex } = this.#context.consensus.status();
    if (role !== 'leader') return false;
    if (this.#term.number !== term) this.#term = { number: term, firstIndex: lastIndex };
    return this.#context.appliedIndex() >= this.#term.firstIndex;
  }

  #plan(): HandoverPlan {
    const configuration = this.#context.configuration();
    const held = this.#context.shards()?.held();
    const isSame = this.#planned.configuration === configuration && this.#planned.held === held;
    if (!isSame) this.#planned = { configuration, held, plan: this.#newPlan(configuration, held) };
    return this.#planned.plan;
  }

  #newPlan(configuration: Configuration | undefined, held: readonly HeldShard[] | undefined): HandoverPlan {
    if (configuration === undefined || held === undefined) return NOTHING_PLANNED;
    return planHandover(configuration, this.#context.order, held);
  }
}

/** @throws {ShardbearerError} where it is no piece of a shard */
function isReadable(shards: ShardKeeper | undefined, piece: Uint8Array): boolean {
  shards?.check(piece);
  return shards !== undefined;
}
