/** A store with many orders deletes shards that moved away, and serves all shards that do not move. */
import { expect } from 'vitest';
import { existing } from '../courses/existing.ts';
import { scenario } from './shard-scenario.ts';
import { type ShardStage, slotOf } from './shard-stage.ts';

const KEYS = 30;
const VALUE_BYTES = 1_000;
/** Replicas of each order. */
const REPLICAS = 3;
/** Most bytes in a checkpoint of a change of a short key, without its value. */
const CHANGE_BYTES = 48;

scenario(
  'deletion: who gives a shard away keeps nothing of it',
  { orders: 3, shards: 10, checkpointLogBytes: 1 },
  (stage, measure) => {
    stage.open();
    const ids = stage.orders.map(({ id }) => id);
    const keys = Array.from({ length: KEYS }, (_, number) => `key/${number}`);
    for (const key of keys) stage.must({ kind: 'put', key, value: 'x'.repeat(VALUE_BYTES) });
    // Every shard moves through all orders once.
    for (const step of [1, 2, 3]) {
      for (const [at, { shards }] of stage.orders.entries()) {
        for (const { first: slot } of step === 1 ? shards : shards.slice(0, 3)) {
          stage.administer({ kind: 'move', slot, to: existing(ids[(at + step) % ids.length]) });
        }
      }
      stage.settle(3);
    }
    // More writes make checkpoints replace the logs.
    for (const key of keys) stage.must({ kind: 'put', key, value: 'y'.repeat(VALUE_BYTES) });
    stage.settle(3);
    // The bondsmith's order keeps only configurations, so its size does not count.
    // For watchers, each replica also keeps both puts of each key, with the value that is not current any more.
    const windowBytes = REPLICAS * KEYS * (VALUE_BYTES + 2 * CHANGE_BYTES);
    measure('bytes of all logs and checkpoints', stage.disks.bytesOf(ids), 117_000 + windowBytes);
  },
);

/** Number of reads of a key that succeed one after another in `forMs`. */
function readsIn(stage: ShardStage, key: string, forMs: number): number {
  const untilMs = stage.world.nowMs + forMs;
  let reads = 0;
  while (stage.world.nowMs < untilMs) if (stage.isServed(key, untilMs - stage.world.nowMs)) reads++;
  return reads;
}

scenario('unaffected shards are served while another one cannot move on', { orders: 3 }, (stage, measure) => {
  stage.open();
  const bondsmith = stage.bondsmithsTab();
  // The order of the bondsmith's tab is not chosen, because the bondsmith must be able to decide.
  const source = existing(stage.orders.find(({ id }) => !stage.tabsOf(id).includes(bondsmith)));
  const target = existing(stage.orders.find(({ id }) => id !== source.id));
  const [moving] = source.shards;
  const key = existing(stage.keysIn(existing(moving), 1)[0]);
  const others = stage.orders.filter(({ id }) => id !== source.id).map((order) => stage.keyOf(order));
  stage.must({ kind: 'put', key, value: 'v' });
  for (const other of others) stage.must({ kind: 'put', key: other, value: 'v' });
  const tabs = stage.tabsOf(source.id);
  stage.sides.separate(...tabs.filter((tab) => !isDeciding(stage, tab)));
  stage.administer({ kind: 'move', slot: slotOf(key), to: target.id });
  for (const other of others) {
    const reads = readsIn(stage, other, 4_000);
    expect(reads).toBeGreaterThanOrEqual(100);
    measure('milliseconds of a read meanwhile', 4_000 / reads, 40);
  }
  stage.sides.rejoin(...tabs);
  stage.arrived(slotOf(key));
  expect(stage.must({ kind: 'get', key })).toEqual({ kind: 'value', value: 'v' });
});

scenario('what has come is served before the rest has', { orders: 3 }, (stage) => {
  stage.open();
  const bondsmith = stage.bondsmithsTab();
  const down = existing(stage.orders.find(({ id }) => !stage.tabsOf(id).includes(bondsmith)));
  const [up, target] = stage.orders.filter(({ id }) => id !== down.id);
  const [late, early] = [existing(down), existing(up)].map((order) => stage.keyOf(order));
  for (const key of [late, early]) stage.must({ kind: 'put', key: existing(key), value: 'v' });
  const tabs = stage.tabsOf(down.id).filter((tab) => !isDeciding(stage, tab));
  stage.sides.separate(...tabs);
  for (const key of [late, early]) {
    stage.administer({ kind: 'move', slot: slotOf(existing(key)), to: existing(target).id });
  }
  stage.arrived(slotOf(existing(early)));
  expect(stage.isServed(existing(early))).toBe(true);
  expect(stage.isServed(existing(late))).toBe(false);
  stage.sides.rejoin(...tabs);
  stage.arrived(slotOf(existing(late)));
  expect(stage.isServed(existing(late))).toBe(true);
});

scenario('a whole order is shut down and comes back: the others answer within 2 s', { orders: 3 }, (stage, measure) => {
  stage.open();
  const keys = stage.orders.map((order) => stage.keyOf(order));
  for (const key of keys) stage.must({ kind: 'put', key, value: 'v' });
  const [down, ...up] = stage.orders.map((order, at) => ({ tabs: stage.tabsOf(order.id), key: existing(keys[at]) }));
  for (const tab of existing(down).tabs) tab.kill();
  for (const { key } of up) {
    const sinceMs = stage.world.nowMs;
    expect(stage.isServed(key, 2_000)).toBe(true);
    measure('milliseconds until another order answers', stage.world.nowMs - sinceMs, 2_000);
  }
  for (const tab of existing(down).tabs) tab.open();
  expect(stage.must({ kind: 'get', key: existing(down).key })).toEqual({ kind: 'value', value: 'v' });
});

/** Whether the tab has a member of the bondsmith's order. No shard moves without a majority of these members. */
function isDeciding(stage: ShardStage, tab: ShardStage['servers'][number]): boolean {
  const seats = stage.bondsmithsTab().radiants[0]?.view().bondsmith?.members ?? [];
  return seats.some(({ radiant }) => radiant === tab.identity);
}
