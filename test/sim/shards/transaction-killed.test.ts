/**
 * A tab dies at a flush of a transaction across two orders. The transaction still takes effect in both orders or in
 * none, and no lock is left.
 */
import { describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../../src/client/contract.ts';
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import type { Observer } from '../../../src/sim/world/observer.ts';
import { extent } from '../../extent.ts';
import { existing } from '../courses/existing.ts';
import { ShardStage } from './shard-stage.ts';

const ROLES = ['the client', 'the herald that decides', 'the herald of a participant'] as const;
type Role = (typeof ROLES)[number];

const SEEDS = extent(2, 100);
const PATIENCE_MS = 30_000;
const OLD = 'old';
const NEW = 'new';

/** Counts the flushes of all radiants. */
class Flushes implements Observer {
  count = 0;
  onFlush: (count: number) => void = () => undefined;

  writeFlushed(): void {
    this.onFlush(++this.count);
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function openTransactions(stage: ShardStage): number {
  const orders = [...stage.world.heralds().values()].flatMap((herald) => herald.view().orders);
  return orders.reduce((sum, { replica }) => sum + (replica?.openTransactions ?? 0), 0);
}

/**
 * Plays one transaction.
 * @param killAt number of the flush after which the tab is killed; undefined: no tab is killed
 * @returns the outcome for the client, the values afterwards, and the number of flushes
 */
function play(seed: number, role: Role, killAt: number | undefined) {
  const flushes = new Flushes();
  const stage = new ShardStage(seed, { orders: 2, shards: 2, isOrderCountFixed: true, observers: [flushes] });
  stage.open();
  const [deciding, other] = stage.orders.map((order) => stage.keysIn(existing(order.shards[0]), 2));
  // The order with most keys decides.
  const keys = [...existing(deciding), existing(other?.[0])];
  for (const key of keys) stage.must({ kind: 'put', key, value: OLD });
  const { client } = stage;
  const heraldOf = (number: number): SimulatedHost => {
    const order = existing(stage.orders[number]).id;
    return existing(stage.world.hostOf(existing(stage.world.heralds().get(order))));
  };
  const victim = role === 'the client' ? client : heraldOf(role === 'the herald that decides' ? 0 : 1);
  flushes.count = 0;
  flushes.onFlush = (count) => {
    if (count !== killAt) return;
    stage.world.timeline.after(0, () => victim.kill());
    stage.world.timeline.after(stage.random.between(50, 3_000), () => victim.open());
  };
  let outcome: CallOutcome | undefined;
  let isOver = false;
  const writes = keys.map((key) => ({ kind: 'put', key: bytesOf(key), value: bytesOf(NEW) }) as const);
  client.call({ kind: 'transaction', checks: [], revisions: [], writes }, (settled) => {
    outcome = settled;
    isOver = true;
  });
  stage.until(() => isOver && openTransactions(stage) === 0, 'an end of the transaction', PATIENCE_MS);
  const steps = flushes.count;
  flushes.onFlush = () => undefined;
  stage.settle();
  stage.until(() => openTransactions(stage) === 0, 'that no lock is left', PATIENCE_MS);
  const values = keys.map((key) => {
    const output = stage.must({ kind: 'get', key });
    return output.kind === 'value' ? output.value : output.kind;
  });
  return { outcome, values, steps };
}

/** The values that the keys may have after this outcome for the client. */
function valuesAfter(outcome: CallOutcome | undefined): readonly string[] {
  if (outcome?.kind === 'committed') return [NEW];
  return outcome?.kind === 'failed' && outcome.error.effect === 'none' ? [OLD] : [OLD, NEW];
}

describe.each(ROLES)('a transaction across orders survives a kill of %s', (role) => {
  test.each(Array.from({ length: SEEDS }, (_, at) => at + 1))('with seed %i', { timeout: 600_000 }, (seed) => {
    const { steps, values: expected } = play(seed, role, undefined);
    expect(expected).toEqual([NEW, NEW, NEW]);
    // Successive seeds kill at successive flushes.
    const killAt = 1 + ((seed * 7) % steps);
    const { outcome, values } = play(seed, role, killAt);
    const how = `killed at flush ${killAt} of ${steps}, the client got ${JSON.stringify(outcome)}`;
    const [isWhole, isAllowed] = [new Set(values).size === 1, valuesAfter(outcome).includes(String(values[0]))];
    expect({ how, isWhole, isAllowed }).toEqual({ how, isWhole: true, isAllowed: true });
  });
});
