/**
 * Moves shards between orders (design, rule 10). The herald of an order runs this code. It follows the durable
 * configuration and the log.
 */
import type { HeldShard } from '../../store/contract.ts';
import type { Configuration, ShardRange } from '../../wire/configuration/configuration.ts';
import type { ShardBody } from '../../wire/frames/frame.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { MoveView } from '../contract.ts';
import type { Acknowledgement } from '../herald/deferred-replies.ts';
import type { DiskRoom } from '../herald/disk-room.ts';
import type { Replica } from '../replica/replica.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import type { Endpoint } from '../neighbours/router.ts';
import { ShardSender } from './shard-sender.ts';
import type { ComingShard, HandoverPlan } from './handover-plan.ts';
import { nameOfShard, NOTHING_PLANNED, planHandover } from './handover-plan.ts';
import { AcknowledgedShards } from './acknowledged-shards.ts';
import { ShardReceiver } from './shard-receiver.ts';
import { viewOfMoves } from './move-view.ts';
import { ShardProposals } from './shard-proposals.ts';

interface Planned {
  readonly configuration: Configuration | undefined;
  readonly held: readonly HeldShard[] | undefined;
  readonly plan: HandoverPlan;
}

export class Handover {
  /** Whether a shard is moving, so that applied entries may continue the move. */
  isWaiting = false;
  readonly #replica: Replica;
  readonly #context: Pick<ReplicaContext, 'configuration' | 'reportInstalled'>;
  readonly #proposals: ShardProposals;
  readonly #acknowledged: AcknowledgedShards;
  readonly #sender: ShardSender;
  readonly #receiver: ShardReceiver;
  #planned: Planned = { configuration: undefined, held: undefined, plan: NOTHING_PLANNED };
  /**
   * The current term, with the index of its first entry. All entries before the term must be applied before this
   * replica knows the shards' states.
   */
  #term = { number: 0, firstIndex: Number.POSITIVE_INFINITY };

  constructor(replica: Replica, context: ReplicaContext, companionship: Acknowledgement, diskRoom: DiskRoom) {
    this.#replica = replica;
    this.#context = context;
    const mayPropose = () => !replica.isLogFull && !diskRoom.isObstructed;
    const proposals = new ShardProposals(replica, context.clock, mayPropose);
    this.#proposals = proposals;
    this.#acknowledged = new AcknowledgedShards(replica, companionship);
    this.#sender = new ShardSender(replica, context, proposals, this.#acknowledged);
    this.#receiver = new ShardReceiver(replica, context, proposals);
  }

  /** Whether a shard of the order moves in or out. */
  get isUnderWay(): boolean {
    const { coming, leaving } = this.#plan();
    const held = this.#replica.state.shards?.held() ?? [];
    return coming.length > 0 || leaving.length > 0 || held.some(({ shardState }) => shardState.kind !== 'active');
  }

  hear(sender: Endpoint, body: ShardBody): void {
    if (!this.#leads()) return;
    if (body.kind === 'shard-request') this.#sender.hear(sender, body);
    else this.#receiver.hear(body);
    this.#noteWaiting();
    if (this.isWaiting) this.proceed();
  }

  /** Continues the moves. */
  proceed(): void {
    if (!this.#leads()) return;
    this.#sender.proceed();
    this.#receiver.proceed(this.#plan().coming);
    this.#noteWaiting();
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
    this.#acknowledged.keepOnly(new Set([...arrived, ...leaving].map(({ shard }) => nameOfShard(shard))));
    this.#noteWaiting();
  }

  stepDown(): void {
    this.#proposals.stepDown();
    this.#acknowledged.keepOnly(new Set());
    this.#sender.stepDown();
    this.#receiver.stepDown();
    this.#noteWaiting();
  }

  moves(): readonly MoveView[] {
    return viewOfMoves(this.#plan(), this.#replica.state.shards?.held() ?? [], {
      received: (shard) => this.#receiver.bytesOf(shard),
      sent: (shard) => this.#sender.progressOf(shard),
    });
  }

  /** Reports arrived shards to the bondsmith. The old owner discards the shards after that. */
  #report(arrived: readonly ComingShard[]): void {
    const secured = arrived.filter(({ shard }) => this.#acknowledged.isAcknowledged(nameOfShard(shard)));
    for (const { shard } of secured.slice(0, LIMITS.handover.shardReports)) this.#context.reportInstalled(shard);
  }

  #consolidate(shard: ShardRange): void {
    this.#proposals.propose(`consolidate ${nameOfShard(shard)}`, { kind: 'consolidate', shard });
  }

  #noteWaiting(): void {
    this.isWaiting = this.#receiver.isWaiting || this.#sender.isWaiting;
  }

  #leads(): boolean {
    const { role, term, lastIndex } = this.#replica.consensus.status();
    if (role !== 'leader') return false;
    if (this.#term.number !== term) this.#term = { number: term, firstIndex: lastIndex };
    return this.#replica.state.applied >= this.#term.firstIndex;
  }

  #plan(): HandoverPlan {
    const configuration = this.#context.configuration();
    const held = this.#replica.state.shards?.held();
    const isSame = this.#planned.configuration === configuration && this.#planned.held === held;
    if (!isSame) this.#planned = { configuration, held, plan: this.#newPlan(configuration, held) };
    return this.#planned.plan;
  }

  #newPlan(configuration: Configuration | undefined, held: readonly HeldShard[] | undefined): HandoverPlan {
    if (configuration === undefined || held === undefined) return NOTHING_PLANNED;
    return planHandover(configuration, this.#replica.order, held);
  }
}
