/** Tabs come and go, as people open and close them. */
import { expect } from 'vitest';
import { TIMES } from '../../../src/wire/times.ts';
import { existing } from '../courses/existing.ts';
import { scenario } from './shard-scenario.ts';
import type { ShardStage } from './shard-stage.ts';

function writeEverywhere(stage: ShardStage, value: string): readonly string[] {
  const keys = stage.orders.map((order) => stage.keyOf(order));
  for (const key of keys) stage.must({ kind: 'append', key, value });
  return keys;
}

scenario('a new system: one tab is enough', { orders: 1, tabsOfOrder: 1 }, (stage) => {
  stage.open();
  const [key] = writeEverywhere(stage, 'a.');
  const [tab] = stage.servers;
  existing(tab).kill();
  existing(tab).open();
  expect(stage.must({ kind: 'get', key: existing(key) })).toEqual({ kind: 'value', value: 'a.' });
});

scenario('a new system: nine tabs at once form three orders', { orders: 3 }, (stage) => {
  stage.open();
  for (const { members, shards } of stage.orders) {
    expect(members.voters).toHaveLength(3);
    expect(shards.length).toBeGreaterThan(0);
  }
  writeEverywhere(stage, 'a.');
});

scenario('one tab joins: it is a learner of some order', { orders: 1, spares: 1 }, (stage) => {
  stage.open();
  stage.grow(1, ...stage.spares);
  expect(stage.orders[0]?.members.learners.map(({ radiant }) => radiant)).toEqual([stage.spares[0]?.identity]);
  writeEverywhere(stage, 'a.');
});

scenario('many tabs join at once: there are more orders', { orders: 1, spares: 8 }, (stage) => {
  stage.open();
  const before = writeEverywhere(stage, 'a.');
  stage.grow(3, ...stage.spares);
  for (const key of before) expect(stage.must({ kind: 'get', key })).toEqual({ kind: 'value', value: 'a.' });
  for (const { members } of stage.orders) expect(members.voters).toHaveLength(3);
  writeEverywhere(stage, 'b.');
});

scenario('one tab leaves by leave(): nobody waits for it', { orders: 1, spares: 1 }, (stage) => {
  stage.open();
  const keys = writeEverywhere(stage, 'a.');
  stage.grow(1, ...stage.spares);
  const leaving = existing(stage.servers[1]);
  stage.leave(leaving);
  stage.settle(1);
  const { voters, learners } = existing(stage.orders[0]).members;
  expect([...voters, ...learners].some(({ radiant }) => radiant === leaving.identity)).toBe(false);
  expect(voters).toHaveLength(3);
  for (const key of keys) expect(stage.must({ kind: 'get', key })).toEqual({ kind: 'value', value: 'a.' });
});

scenario('one tab vanishes: after a while another takes its place', { orders: 1, spares: 1 }, (stage) => {
  stage.open();
  const keys = writeEverywhere(stage, 'a.');
  stage.grow(1, ...stage.spares);
  const gone = existing(stage.servers[2]);
  const identity = existing(gone.identity);
  gone.kill();
  const isOut = (): boolean =>
    stage.orders.every(
      ({ members }) => ![...members.voters, ...members.learners].some(({ radiant }) => radiant === identity),
    );
  stage.until(isOut, 'that it is given up', 2 * TIMES.membership.deadAfterMs);
  stage.settle(1);
  expect(stage.orders[0]?.members.voters).toHaveLength(3);
  for (const key of keys) expect(stage.must({ kind: 'get', key })).toEqual({ kind: 'value', value: 'a.' });
  gone.open();
});

scenario('an order loses a minority, and goes on', { orders: 2 }, (stage, measure) => {
  stage.open();
  const keys = writeEverywhere(stage, 'a.');
  const lost = stage.orders.map(({ id }) => existing(stage.tabsOf(id)[0]));
  for (const tab of lost) tab.kill();
  const sinceMs = stage.world.nowMs;
  for (const key of keys) stage.must({ kind: 'append', key, value: 'b.' });
  measure('milliseconds until both orders have written', stage.world.nowMs - sinceMs, 5_000);
  for (const tab of lost) tab.open();
  for (const key of keys) expect(stage.must({ kind: 'get', key })).toEqual({ kind: 'value', value: 'a.b.' });
});

scenario('an order loses its majority, and gets it back', { orders: 2 }, (stage) => {
  stage.open();
  const [key] = writeEverywhere(stage, 'a.');
  const lost = stage.tabsOf(existing(stage.orders[0]).id).slice(0, 2);
  for (const tab of lost) tab.kill();
  expect(stage.isServed(existing(key), 5_000)).toBe(false);
  for (const tab of lost) tab.open();
  expect(stage.must({ kind: 'get', key: existing(key) })).toEqual({ kind: 'value', value: 'a.' });
  stage.must({ kind: 'append', key: existing(key), value: 'b.' });
});
