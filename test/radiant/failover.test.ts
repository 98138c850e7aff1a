import { expect, test } from 'vitest';
import { append, get, gist, put, type SmallWorld, threeTabs } from './small-world.ts';

function heraldAndOthers(world: SmallWorld) {
  const herald = world.herald();
  if (herald === undefined) throw new Error('no herald');
  const [first, second] = [...world.tabs.values()].filter((tab) => tab !== herald);
  if (first === undefined || second === undefined) throw new Error('three tabs');
  return { herald, first, second };
}

test('after the herald is killed another leads and has every acknowledged write', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  expect(gist(world.ask(first.name, put('k', 'before')))).toBe('written');
  world.kill(herald.name);
  const startMs = world.nowMs;
  expect(gist(world.ask(first.name, append('k', ' after')))).toBe('written');
  expect(world.nowMs - startMs).toBeLessThan(3_000);
  expect(gist(world.ask(second.name, get('k')))).toBe('"before after"');
});

test('a herald that says goodbye is replaced at once', () => {
  const world = threeTabs();
  const { herald, first } = heraldAndOthers(world);
  expect(gist(world.ask(first.name, put('k', '1')))).toBe('written');
  world.event(herald.name, { kind: 'page-hidden-for-good' });
  world.kill(herald.name);
  const startMs = world.nowMs;
  expect(gist(world.ask(first.name, put('k', '2')))).toBe('written');
  expect(world.nowMs - startMs).toBeLessThan(250);
});

test('a link closed by a goodbye starts failover as well', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  expect(gist(world.ask(first.name, put('k', '1')))).toBe('written');
  world.kill(herald.name);
  world.unlink(herald.name, first.name, 'goodbye');
  world.unlink(herald.name, second.name, 'goodbye');
  const startMs = world.nowMs;
  expect(gist(world.ask(first.name, put('k', '2')))).toBe('written');
  expect(world.nowMs - startMs).toBeLessThan(250);
});

test('a killed tab that is opened again catches up as the same radiant', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  world.kill(herald.name);
  for (let at = 0; at < 20; at++) expect(gist(world.ask(first.name, append('k', `${at},`)))).toBe('written');
  const again = world.reopen(herald.name);
  world.link(herald.name, first.name);
  world.link(herald.name, second.name);
  const applied = () => again.radiant.view().orders[0]?.replica?.applied;
  world.until(() => applied() !== undefined && applied() === first.radiant.view().orders[0]?.replica?.applied);
  expect(again.radiant.view().orders[0]?.members.map(({ radiant }) => radiant)).toContain(again.id);
  expect(gist(world.ask(herald.name, get('k')))).toBe(`"${Array.from({ length: 20 }, (_, at) => `${at},`).join('')}"`);
});

test('acknowledged writes survive a kill of all three tabs during writes', () => {
  const world = threeTabs();
  const { first } = heraldAndOthers(world);
  for (let at = 0; at < 5; at++) expect(gist(world.ask(first.name, put(`k${at}`, `${at}`)))).toBe('written');
  const late = [5, 6, 7].map((at) => world.call(first.name, put(`k${at}`, `${at}`)));
  world.run(6);
  const outcomes = new Map(late.map((call, at) => [at + 5, first.outcomes.get(call)]));
  for (const name of ['a', 'b', 'c']) world.kill(name);
  for (const name of ['a', 'b', 'c']) world.reopen(name);
  world.linkAll('a', 'b', 'c');
  world.until(() => world.herald() !== undefined);
  for (let at = 0; at < 5; at++) expect(gist(world.ask('a', get(`k${at}`)))).toBe(`"${at}"`);
  for (const [at, outcome] of outcomes) {
    const found = gist(world.ask('b', get(`k${at}`)));
    const isAcknowledged = outcome?.kind === 'written';
    expect(isAcknowledged ? [`"${at}"`] : [`"${at}"`, 'missing']).toContain(found);
  }
});

test('without two of three voters calls fail fast and name the missing ones', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  world.kill(herald.name);
  world.kill(second.name);
  const startMs = world.nowMs;
  world.until(() => first.radiant.view().orders[0]?.quorumReachable === false);
  const outcome = world.ask(first.name, put('k', 'v'));
  expect(world.nowMs - startMs).toBeLessThan(5_000);
  expect(gist(outcome)).toBe('NO_QUORUM');
  const message = outcome.kind === 'failed' ? outcome.error.message : '';
  expect(message).toContain(herald.id.slice(0, 6));
  expect(message).toContain(second.id.slice(0, 6));
  expect(gist(world.ask(first.name, get('k')))).toBe('NO_QUORUM');
});

test('a herald that lost its followers acknowledges nothing', () => {
  const world = threeTabs();
  const { herald, first, second } = heraldAndOthers(world);
  world.kill(first.name);
  world.kill(second.name);
  const outcome = world.ask(herald.name, put('k', 'v'));
  expect(['OUTCOME_UNKNOWN', 'NO_QUORUM']).toContain(gist(outcome));
  world.reopen(first.name);
  world.link(first.name, herald.name);
  expect(['"v"', 'missing']).toContain(gist(world.ask(first.name, get('k'))));
});

test('timers that fire once a second delay a failover and do not prevent it', () => {
  const world = threeTabs();
  const { herald, first } = heraldAndOthers(world);
  world.timerMs = 1_000;
  world.kill(herald.name);
  const startMs = world.nowMs;
  world.until(() => world.herald() !== undefined, 60_000);
  expect(world.nowMs - startMs).toBeLessThan(8_000);
  expect(gist(world.ask(first.name, put('k', 'v')))).toBe('written');
});
