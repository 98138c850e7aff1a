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
import type { Spokesman } from './desk.ts';
import { ShardGiver } from './giver.ts';
import type { ComingShard, HandoverPlan } from './plan.ts';
import { nameOfShard, NOTHING_PLANNED, planHandover } from './plan.ts';
import type { SecuredRealm } from './secured.ts';
import { SecuredShards } from './secured.ts';
import { ShardTaker } from './taker.ts';
import { viewOfMoves } from './view.ts';
import type { ProposalRealm } from '../herald/own-proposals.ts';
import { OwnProposals } from '../herald/own-proposals.ts';

/** What a replica needs of the radiant that it lives in. */
export interface HandoverSurroundings {
  /** Durable here; undefined: none is known. */
  readonly configuration: () => Configuration | undefined;
  /** Who leads an order and can be reached. */
  readonly herald: (order: OrderId) => RadiantId | undefined;
  readonly send: (to: Spokesman, order: OrderId, body: ShardBody) => void;
  /** Reads what came from outside. @returns undefined where it was refused, which is counted */
  readonly read: <Value>(reading: () => Value) => Value | undefined;
  /** Tells the bondsmith that this order has the whole of a shard. */
  readonly report: (shard: ShardRange) => void;
}

export interface HandoverRealm extends ProposalRealm, SecuredRealm, HandoverSurroundings {
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
  readonly #realm: HandoverRealm;
  readonly #proposals: OwnProposals;
  readonly #secured: SecuredShards;
  readonly #giver: ShardGiver;
  readonly #taker: ShardTaker;
  #planned: Planned = { configuration: undefined, held: undefined, plan: NOTHING_PLANNED };
  /** What lies in the log of before a reign must be applied before this replica knows where it stands. */
  #reign = { number: 0, firstIndex: Number.POSITIVE_INFINITY };

  constructor(realm: HandoverRealm) {
    this.#realm = realm;
    this.#proposals = new OwnProposals(realm);
    const configurationNumber = () => realm.configuration()?.number ?? 0;
    this.#secured = new SecuredShards(realm);
    const isSecured = (name: string) => this.#secured.isSecured(name);
    this.#giver = new ShardGiver({ ...realm, isSecured, proposals: this.#proposals });
    const isPiece = (bytes: Uint8Array) => realm.read(() => isReadable(realm.shards(), bytes)) ?? false;
    this.#taker = new ShardTaker({ ...realm, configurationNumber, isPiece, proposals: this.#proposals });
  }

  /** One of the order's shards is on its way here or away. */
  get isUnderWay(): boolean {
    const { coming, leaving } = this.#plan();
    const held = this.#realm.shards()?.held() ?? [];
    return coming.length > 0 || leaving.length > 0 || held.some(({ standing }) => standing.kind !== 'active');
  }

  hear(sender: Spokesman, body: ShardBody): void {
    if (!this.#leads()) return;
    if (body.kind === 'shard-request') this.#giver.hear(sender, body);
    else this.#taker.hear(body);
    this.proceed();
  }

  /** Goes on as far as it can now: cheap where there is nothing to do. */
  proceed(): void {
    if (!this.#taker.isWaiting && !this.#giver.isWaiting) return;
    if (!this.#leads()) return;
    this.#giver.proceed();
    this.#taker.proceed(this.#plan().coming);
  }

  tick(): void {
    if (!this.#leads()) return;
    const { coming, arrived, leaving, left, regrouped } = this.#plan();
    this.#proposals.tick();
    this.#giver.tick();
    this.#giver.discard(left);
    this.#taker.tick(coming);
    for (const shard of regrouped) this.#regroup(shard);
    this.#report(arrived);
    this.#secured.keepOnly(new Set([...arrived, ...leaving].map(({ shard }) => nameOfShard(shard))));
  }

  stepDown(): void {
    this.#proposals.stepDown();
    this.#secured.keepOnly(new Set());
    this.#giver.stepDown();
    this.#taker.stepDown();
  }

  moves(): readonly MoveView[] {
    return viewOfMoves(this.#plan(), this.#realm.shards()?.held() ?? [], {
      taken: (shard) => this.#taker.bytesOf(shard),
      given: (shard) => this.#giver.given(shard),
    });
  }

  /** The old owner forgets them then. */
  #report(arrived: readonly ComingShard[]): void {
    const secured = arrived.filter(({ shard }) => this.#secured.isSecured(nameOfShard(shard)));
    for (const { shard } of secured.slice(0, LIMITS.shardReports)) this.#realm.report(shard);
  }

  #regroup(shard: ShardRange): void {
    this.#proposals.propose(`regroup ${nameOfShard(shard)}`, { kind: 'regroup', shard });
  }

  #leads(): boolean {
    const { role, reign, lastIndex } = this.#realm.consensus.status();
    if (role !== 'leader') return false;
    if (this.#reign.number !== reign) this.#reign = { number: reign, firstIndex: lastIndex };
    return this.#realm.appliedIndex() >= this.#reign.firstIndex;
  }

  #plan(): HandoverPlan {
    const configuration = this.#realm.configuration();
    const held = this.#realm.shards()?.held();
    const isSame = this.#planned.configuration === configuration && this.#planned.held === held;
    if (!isSame) this.#planned = { configuration, held, plan: this.#newPlan(configuration, held) };
    return this.#planned.plan;
  }

  #newPlan(configuration: Configuration | undefined, held: readonly HeldShard[] | undefined): HandoverPlan {
    if (configuration === undefined || held === undefined) return NOTHING_PLANNED;
    return planHandover(configuration, this.#realm.order, held);
  }
}

/** @throws {ShardbearerError} where it is no piece of a shard */
function isReadable(shards: ShardKeeper | undefined, piece: Uint8Array): boolean {
  shards?.check(piece);
  return shards !== undefined;
}
