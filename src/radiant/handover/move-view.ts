import type { HeldShard } from '../../store/contract.ts';
import type { ShardRange } from '../../wire/configuration/configuration.ts';
import type { MoveView } from '../contract.ts';
import type { SentProgress } from './shard-sender.ts';
import type { HandoverPlan, LeavingShard } from './handover-plan.ts';
import { isSameShard, overlapping } from './handover-plan.ts';

interface HandoverProgress {
  /** Returns the bytes of the shard's received chunks. */
  readonly received: (shard: ShardRange) => number;
  readonly sent: (shard: ShardRange) => SentProgress | undefined;
}

export function viewOfMoves(
  { coming, arrived, leaving }: HandoverPlan,
  held: readonly HeldShard[],
  { received, sent }: HandoverProgress,
): readonly MoveView[] {
  return [
    ...coming.map(({ shard, from: other, chunks }): MoveView => {
      return {
        shard,
        direction: 'in',
        other,
        stage: chunks > 0 ? 'arriving' : 'wanted',
        chunks,
        bytes: received(shard),
      };
    }),
    ...arrived.map(({ shard, from: other, chunks }): MoveView => {
      return { shard, direction: 'in', other, stage: 'arrived', chunks, bytes: 0 };
    }),
    ...leaving.map((one): MoveView => {
      const { chunks, bytes } = sent(one.shard) ?? { chunks: 0, bytes: 0 };
      const stage = isFrozen(held, one) ? 'frozen' : 'wanted';
      return { shard: one.shard, direction: 'out', other: one.to, stage, chunks, bytes };
    }),
  ];
}

function isFrozen(held: readonly HeldShard[], { shard }: LeavingShard): boolean {
  return overlapping(held, shard).some((here) => here.shardState.kind === 'frozen' && isSameShard(here, shard));
}
