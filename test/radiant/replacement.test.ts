import { expect, test } from 'vitest';
import { groupLogPrefix } from '../../src/storage/keys.ts';
import { TIMES } from '../../src/wire/times.ts';
import { configurationOf } from './founded-world.ts';
import { areMembers, orderOf, votersOf } from './members.ts';
import { append, get, gist, type SmallWorld, threeTabs } from './small-world.ts';

const TABS = ['a', 'b', 'c'];

function linkToAll(world: SmallWorld, name: string): void {
  for (const other of world.tabs.values()) if (other.alive && other.name !== name) world.link(name, other.name);
}

const heraldOf = (world: SmallWorld) => world.herald() ?? world.tab('none');

test('a radiant with one damaged record is retired and returns with all data as a new learner, then as a voter', () => {
  const world = threeTabs();
  let expected = '';
  for (let at = 0; at < 20; at++) {
    expect(gist(world.ask('a', append('k', `${at};`)))).toBe('written');
    expected += `${at};`;
  }
  const victim = TABS.find((name) => name !== heraldOf(world).name) ?? 'a';
  const { id, disk, connection } = world.tab(victim);
  const { device } = connection;
  world.kill(victim);
  const order = orderOf(heraldOf(world))?.order;
  const file = new Map(disk.copy().files.get(id));
  const key = [...file.keys()].find((one) => order !== undefined && one.startsWith(groupLogPrefix(order))) ?? 'none';
  file.set(
    key,
    (file.get(key) ?? new Uint8Array()).map((byte, at) => (at === 7 ? byte ^ 1 : byte)),
  );
  disk.rollBack({ files: new Map([[id, file]]) });
  expect(() => world.reopen(victim)).toThrow(expect.objectContaining({ code: 'STORAGE_LOST' }));
  // The host gives the damaged identity up and opens a new one, which reports the loss.
  world.open('new', { device });
  linkToAll(world, 'new');
  world.event('new', { kind: 'identity-retired', radiant: id });
  const roles = new Set<string | undefined>();
  world.until(() => {
    roles.add(orderOf(world.tab('new'))?.replica?.role);
    return areMembers(world, [...TABS.filter((name) => name !== victim), 'new']);
  });
  expect([...roles].slice(0, 2)).toEqual([undefined, 'learner']);
  const other = TABS.find((name) => name !== victim) ?? 'a';
  world.kill(other);
  expect(gist(world.ask('new', get('k')))).toBe(`"${expected}"`);
});

test('a voter that stays away is replaced after a while and does no harm on its return', () => {
  const world = threeTabs();
  world.open('spare');
  linkToAll(world, 'spare');
  world.run(1_000);
  const silent = TABS.find((name) => name !== heraldOf(world).name) ?? 'a';
  world.kill(silent);
  world.run(TIMES.membership.deadAfterMs - 5_000);
  expect(votersOf(world, heraldOf(world))).toContain(silent);
  world.until(() => votersOf(world, heraldOf(world)).includes('spare'), 15_000);
  world.reopen(silent);
  linkToAll(world, silent);
  world.until(() => orderOf(world.tab(silent))?.replica === undefined);
  expect(gist(world.ask(silent, append('k', '1')))).toBe('written');
});

test('a silent voter is replaced in time even if the herald changes', () => {
  const world = threeTabs();
  world.open('spare');
  linkToAll(world, 'spare');
  world.run(1_000);
  const silent = TABS.find((name) => name !== heraldOf(world).name) ?? 'a';
  world.kill(silent);
  world.run(TIMES.membership.deadAfterMs / 2);
  const herald = heraldOf(world).name;
  world.kill(herald);
  world.run(3_000);
  world.reopen(herald);
  linkToAll(world, herald);
  world.until(() => world.herald() !== undefined);
  world.run(TIMES.membership.deadAfterMs / 2 + 5_000);
  expect(votersOf(world, heraldOf(world))).toContain('spare');
});

test('without a quorum nobody is replaced', () => {
  const world = threeTabs();
  world.open('spare');
  linkToAll(world, 'spare');
  world.run(1_000);
  const herald = heraldOf(world).name;
  for (const name of TABS) if (name !== herald) world.kill(name);
  world.run(2 * TIMES.membership.deadAfterMs);
  expect([...votersOf(world, world.tab(herald))].sort()).toEqual(TABS);
  for (const name of TABS) {
    if (name === herald) continue;
    world.reopen(name);
    linkToAll(world, name);
  }
  world.until(() => orderOf(world.tab('spare'))?.quorumReachable === true && world.herald() !== undefined);
  expect(gist(world.ask('spare', append('k', '1')))).toBe('written');
});

test('a learner whose disk is full does not become a voter, even as the first choice', () => {
  const world = threeTabs();
  for (const name of ['one', 'other']) world.open(name);
  for (const name of ['one', 'other']) linkToAll(world, name);
  world.until(() => areMembers(world, TABS, ['one', 'other']));
  const [full, spare] = ['one', 'other'].toSorted((a, b) => (world.tab(a).id < world.tab(b).id ? -1 : 1));
  if (full === undefined || spare === undefined) throw new Error('two learners');
  world.tab(full).disk.isFull = true;
  expect(gist(world.ask('a', append('k', '1')))).toBe('written');
  const silent = TABS.find((name) => name !== heraldOf(world).name) ?? 'a';
  world.kill(silent);
  world.until(() => votersOf(world, heraldOf(world)).includes(spare), TIMES.membership.deadAfterMs + 15_000);
  expect(votersOf(world, heraldOf(world))).not.toContain(full);
});

test('a private tab never becomes a member', () => {
  const world = threeTabs();
  world.open('private', { durable: false });
  linkToAll(world, 'private');
  const silent = TABS.find((name) => name !== heraldOf(world).name) ?? 'a';
  world.kill(silent);
  world.until(() => !votersOf(world, heraldOf(world)).includes(silent), TIMES.membership.deadAfterMs + 15_000);
  world.run(TIMES.membership.deadAfterMs);
  expect(namesOf(world)).toEqual(TABS.filter((name) => name !== silent));
});

test('when the tab that is chosen for a place dies at once, another one takes the place', () => {
  const world = threeTabs();
  for (const name of ['d', 'e']) {
    world.open(name);
    linkToAll(world, name);
  }
  world.until(() => areMembers(world, TABS, ['d', 'e']));
  const victim = TABS.find((name) => name !== heraldOf(world).name) ?? 'a';
  world.kill(victim);
  world.event(heraldOf(world).name, { kind: 'identity-retired', radiant: world.tab(victim).id });
  world.until(() => ['d', 'e'].some((name) => isChosen(world, name)), 30_000);
  const [first, second] = isChosen(world, 'd') ? (['d', 'e'] as const) : (['e', 'd'] as const);
  expect(votersOf(world, heraldOf(world))).not.toContain(first);
  world.kill(first);
  const stays = TABS.filter((name) => name !== victim);
  world.until(() => areMembers(world, [...stays, second]), TIMES.membership.deadAfterMs + 15_000);
});

/** Whether the latest configuration of any tab names the tab as a voter. */
function isChosen(world: SmallWorld, name: string): boolean {
  const { id } = world.tab(name);
  return [...world.tabs.values()]
    .filter(({ alive }) => alive)
    .some((tab) => configurationOf(tab).orders[0]?.members.voters.some(({ radiant }) => radiant === id));
}

/** The names of the order's members in the herald's view. */
function namesOf(world: SmallWorld): readonly string[] {
  const members = new Set(orderOf(heraldOf(world))?.members.map(({ radiant }) => radiant));
  return [...world.tabs.values()].filter(({ id }) => members.has(id)).map(({ name }) => name);
}
