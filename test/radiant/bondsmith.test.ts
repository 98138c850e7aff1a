import { expect, test } from 'vitest';
import type { RadiantEffect } from '../../src/radiant/event.ts';
import type { Frame } from '../../src/wire/frames/frame.ts';
import { decodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { asSlot } from '../../src/wire/identifiers.ts';
import { administer, awaits, bondsmithOf, configurationOf, isAtRest, living, reopenBeside } from './founded-world.ts';
import { gist, foundedTabs, put, SmallWorld, type Tab } from './small-world.ts';

/** The orders of a configuration without the numbers that count its steps. */
function outcomeOf(tab: Tab): unknown {
  return configurationOf(tab).orders.map(({ id, members, shards }) => ({
    id,
    voters: members.voters,
    learners: members.learners,
    shards,
  }));
}

function bondsmithIn(world: SmallWorld): Tab {
  awaits(world, () => bondsmithOf(world) !== undefined);
  return bondsmithOf(world) ?? never();
}

const REQUESTS = {
  fracture: { kind: 'fracture', slot: asSlot(77) },
  consolidate: { kind: 'consolidate', slot: asSlot(256) },
} as const;

/**
 * Founds three tabs. A tab that is not the bondsmith requests a change, and the bondsmith is killed at effect `killAt`.
 * @returns the number of the bondsmith's effects
 */
function reconfigure(name: keyof typeof REQUESTS, killAt: number): { world: SmallWorld; effects: number } {
  const world = foundedTabs(3);
  const bondsmith = bondsmithIn(world);
  const client = living(world).find((tab) => tab !== bondsmith) ?? never();
  let effects = 0;
  world.observes = (tab, effect) => {
    if (tab !== bondsmith || !concernsDecisions(effect)) return;
    effects += 1;
    if (effects === killAt) world.kill(tab.name);
  };
  expect(gist(world.ask(client.name, administer(REQUESTS[name])))).toBe('configuration');
  const taken = effects;
  world.observes = () => undefined;
  if (!bondsmith.alive) reopenBeside(world, bondsmith.name);
  awaits(world, () => isAtRest(world));
  return { world, effects: taken };
}

/** Whether the effect is a write, or a message that concerns the bondsmith's order or a configuration. */
function concernsDecisions(effect: RadiantEffect): boolean {
  if (effect.kind === 'write') return true;
  if (effect.kind !== 'send') return false;
  const { body, group } = decodeFrame(effect.bytes);
  return body.kind === 'configuration' || (group !== undefined && body.kind === 'consensus') || body.kind === 'reply';
}

test.each(['fracture', 'consolidate'] as const)(
  'a bondsmith that is killed at any step of a decision (%s) only delays it',
  (name) => {
    const { world, effects } = reconfigure(name, Number.POSITIVE_INFINITY);
    const undisturbed = outcomeOf(world.tab('t1'));
    expect(effects).toBeGreaterThan(3);
    for (let killAt = 1; killAt <= effects; killAt++) {
      const disturbed = reconfigure(name, killAt).world;
      for (const tab of living(disturbed)) expect(outcomeOf(tab)).toEqual(undisturbed);
    }
  },
);

test('a bondsmith that is cut off decides nothing, and later learns the decisions of its successor', () => {
  const world = foundedTabs(4);
  const old = bondsmithIn(world);
  const others = living(world).filter((tab) => tab !== old);
  const client = others[0] ?? never();
  world.loses = (from, to) => from === old || to === old;
  const asked = world.call(old.name, administer({ kind: 'fracture', slot: asSlot(1_000) }));
  awaits(world, () => others.some((tab) => tab.radiant.view().bondsmith?.replica?.role === 'leader'));
  expect(gist(world.ask(client.name, administer({ kind: 'fracture', slot: asSlot(77) })))).toBe('configuration');
  const decided = configurationOf(client);
  expect(configurationOf(old).number).toBeLessThan(decided.number);
  world.until(() => old.outcomes.has(asked), 15_000);
  expect(gist(old.outcomes.get(asked) ?? never())).not.toBe('configuration');
  world.loses = undefined;
  awaits(world, () => configurationOf(old).number === configurationOf(client).number && isAtRest(world));
  const starts = configurationOf(old).orders.flatMap(({ shards }) => shards.map(({ first }) => first));
  expect(starts).toContain(77);
  expect(starts).not.toContain(1_000);
  expect(old.halted).toBeUndefined();
});

test('a decided change has an unknown outcome if the bondsmith is cut off before its answer', () => {
  const world = foundedTabs(3);
  const old = bondsmithIn(world);
  const { number } = configurationOf(old);
  let isCut = false;
  world.observes = (tab) => {
    if (tab === old && configurationOf(old).number > number) isCut = true;
  };
  world.loses = (from, to) => isCut && (from === old || to === old);
  const asked = world.call(old.name, administer({ kind: 'fracture', slot: asSlot(1_000) }));
  world.until(() => old.outcomes.has(asked), 15_000);
  const others = living(world).filter((tab) => tab !== old);
  awaits(world, () => others.every((tab) => configurationOf(tab).number > number));
  expect(gist(old.outcomes.get(asked) ?? never())).toBe('OUTCOME_UNKNOWN');
});

test('the copy of a decided request is not refused as without effect', () => {
  const world = foundedTabs(3);
  const bondsmith = bondsmithIn(world);
  const client = living(world).find((tab) => tab !== bondsmith) ?? never();
  let first: { readonly frame: Frame; readonly number: number } | undefined;
  const told: boolean[] = [];
  let isCut = false;
  world.loses = (from, to, frame) => {
    const { body } = frame;
    if (from === client && body.kind === 'request') first ??= { frame, number: body.request.id.number };
    if (body.kind === 'reply' && body.reply.id.number === first?.number && body.reply.answer.kind === 'refusal') {
      told.push(body.reply.answer.withoutEffect);
    }
    return body.kind === 'reply' || (isCut && (from === bondsmith || to === bondsmith));
  };
  world.call(client.name, administer({ kind: 'fracture', slot: asSlot(1_000) }));
  const { number } = configurationOf(client);
  awaits(world, () => configurationOf(client).number > number);
  isCut = true;
  awaits(world, () => bondsmith.radiant.view().bondsmith?.replica?.role !== 'leader');
  told.length = 0;
  world.deliver(first?.frame ?? never());
  expect(told).toEqual([false]);
});

test('a change that waits until its deadline fails with the reason and an unknown outcome', () => {
  const world = foundedTabs(6);
  awaits(world, () => isAtRest(world));
  const [first, second] = configurationOf(world.tab('t1')).orders;
  const bondsmith = bondsmithIn(world);
  world.loses = (_, __, { body }) => body.kind === 'shard-chunk';
  const client = living(world).find((tab) => tab !== bondsmith) ?? never();
  const slot = second?.shards[0]?.first ?? never();
  expect(gist(world.ask(client.name, administer({ kind: 'move', slot, to: first?.id ?? never() })))).toBe(
    'configuration',
  );
  const radiants = second?.members.voters.map(({ radiant }) => radiant) ?? [];
  const asked = world.call(client.name, administer({ kind: 'leave', radiants }));
  world.until(() => client.outcomes.has(asked), 15_000);
  const outcome = client.outcomes.get(asked);
  expect(gist(outcome ?? never())).toBe('OUTCOME_UNKNOWN');
  expect(outcome?.kind === 'failed' && outcome.error.message).toMatch(/^Shards are moving.*Look at the configuration/u);
  // Tabs that ask to leave get the same error.
  const leavers = living(world).filter(({ id }) => radiants.includes(id));
  for (const { name, id } of leavers) {
    world.event(name, { kind: 'leave', alsoLeaving: radiants.filter((radiant) => radiant !== id) });
  }
  awaits(world, () =>
    leavers.some(({ radiant }) => {
      const { leaving } = radiant.view();
      return leaving?.kind === 'asking' && leaving.refusal?.message.startsWith('shards are moving') === true;
    }),
  );
});

test('in quiet times the leadership of the bondsmith’s order moves to a herald', () => {
  const world = foundedTabs(3);
  const isHerald = (tab: Tab) => tab.radiant.view().orders.some(({ replica }) => replica?.role === 'leader');
  const bondsmith = bondsmithIn(world);
  // If one tab leads both orders, the test transfers the leadership of the data's order to another tab.
  if (isHerald(bondsmith)) {
    const { id } = configurationOf(bondsmith).orders[0] ?? never();
    world.loses = (from, _, { group }) => from === bondsmith && group === id;
    awaits(world, () => living(world).some((tab) => tab !== bondsmith && isHerald(tab)));
    world.loses = undefined;
  }
  awaits(world, () => {
    const now = bondsmithOf(world);
    return now !== undefined && isHerald(now) && now !== bondsmith;
  });
  const settled = bondsmithOf(world);
  world.run(30_000);
  expect(bondsmithOf(world)).toBe(settled);
});

test('a founder that founds again is retired by radiants that remember the first founding', () => {
  const world = new SmallWorld('raft', 1, { founding: { radiants: 3 } });
  const open = (...names: readonly string[]) => {
    for (const name of names) world.open(name, { founder: name === 'a' });
  };
  open('a', 'b', 'c');
  const copy = world.tab('a').disk.copy();
  world.linkAll('a', 'b', 'c');
  awaits(world, () => isAtRest(world));
  expect(gist(world.ask('b', put('k', 'first')))).toBe('written');
  for (const name of ['a', 'b', 'c']) world.kill(name);
  world.tab('a').disk.rollBack(copy);
  world.reopen('a');
  open('d', 'e');
  world.linkAll('a', 'd', 'e');
  awaits(world, () => isAtRest(world));
  // The second history has the higher number, but no radiant of the first history adopts it.
  for (const slot of [5, 6, 7]) world.ask('d', administer({ kind: 'fracture', slot: asSlot(slot) }));
  world.reopen('b');
  world.reopen('c');
  world.linkAll('b', 'c', 'd', 'e');
  const foreignTo = (name: string) => [...world.tab(name).radiant.view().foreign].sort();
  const ids = (...names: readonly string[]) => names.map((name) => world.tab(name).id).sort();
  awaits(world, () => ['b', 'c', 'd', 'e'].every((name) => foreignTo(name).length === 2));
  expect(foreignTo('b')).toEqual(ids('d', 'e'));
  expect(foreignTo('d')).toEqual(ids('b', 'c'));
  world.link('a', 'b');
  awaits(world, () => world.tab('a').halted !== undefined);
  expect(world.tab('a').halted?.code).toBe('STORAGE_LOST');
  expect(configurationOf(world.tab('b')).bondsmith).not.toEqual(configurationOf(world.tab('d')).bondsmith);
});

function never(): never {
  throw new Error('the small world is not as this test needs it');
}
