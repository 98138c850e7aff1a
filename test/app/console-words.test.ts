import { expect, test } from 'vitest';
import { bareAddress, inviteLink, readAddress } from '../../src/app/console/address.ts';
import { wordsFor, wordsForProblem } from '../../src/app/console/error-words.ts';
import { clusterMapOf } from '../../src/app/console/cluster-map.ts';
import { factsOf } from '../../src/app/console/facts.tsx';
import { memberGroupsOf } from '../../src/app/console/member-lines.ts';
import { pictureOf } from '../../src/app/console/picture.ts';
import { shortened } from '../../src/app/console/shortened.ts';
import { LinkingWindow } from '../../src/app/console/shown-view.ts';
import { hasEnded, notesOf, situationOf } from '../../src/app/console/situation.ts';
import { ERROR_CODES, parseErrorCode, ShardbearerError } from '../../src/wire/errors.ts';
import { STATES } from '../browser/pages/console-states.ts';

function viewOf(name: string) {
  const state = STATES[name];
  if (state?.kind !== 'open') throw new Error(`${name} has no view`);
  return state.view;
}

test.each([
  ['one-of-three', 'waiting', '1 of 3: open two more'],
  ['two-of-three', 'waiting', '2 of 3: open one more'],
  ['seeking', 'waiting', 'Looking for the cluster'],
  ['seeking-linked', 'waiting', 'Linked, waiting for the cluster to form'],
  ['electing', 'waiting', 'Electing a herald'],
  ['formed', 'good', 'In order'],
  ['one-missing', 'good', 'In order, with less to spare'],
  ['no-quorum', 'trouble', 'No quorum: 1 of 3 can be reached'],
  ['only-a-client', 'good', 'In order, as a client'],
  ['signaling-gone-alone', 'trouble', '1 of 3: open two more'],
  ['signaling-gone-formed', 'good', 'In order'],
  ['radiant-down', 'trouble', 'The radiant of this tab is down'],
  ['disk-hung', 'trouble', 'The disk of this device does not answer'],
  ['newer-data-while-open', 'trouble', 'This page is older than the data on this device'],
  ['left', 'good', 'This tab has left the cluster'],
  ['started-over-elsewhere', 'waiting', 'This tab no longer takes part'],
  ['reloaded', 'waiting', 'Connecting…'],
  ['sole-voter-missing', 'trouble', 'No quorum: 0 of 1 can be reached'],
  ['adopted', 'caution', 'In order, but all in this tab'],
  ['two-of-three-adopted', 'caution', 'In order, but mostly in this tab'],
  ['storage-full-alone', 'trouble', 'The disk is full: no writes'],
  ['no-candidates', 'trouble', 'No way to other tabs'],
  ['network-service-died', 'trouble', 'This page has lost the network'],
])('the state %s is %s: “%s”', (name, tone, headline) => {
  expect(situationOf(viewOf(name))).toMatchObject({ tone, headline });
});

test.each([
  ['founding', 'waiting', 'Founding a cluster'],
  ['one-radiant', 'good', 'In order, with one copy only'],
  ['one-radiant-without-signaling', 'waiting', 'Looking for the signaling server'],
  ['two-radiants', 'good', 'In order, with two copies'],
  ['three-radiants', 'good', 'In order'],
  ['twelve-radiants-one-order', 'good', 'In order, as a learner'],
  ['twelve-radiants-three-orders', 'good', 'In order'],
  ['an-order-without-quorum', 'trouble', 'No quorum in order c9d756: 1 of 3 can be reached'],
  ['joining', 'good', 'In order, joining'],
  ['left-and-reopened', 'waiting', 'Looking for the cluster'],
  ['leaving', 'waiting', 'Leaving'],
  ['pure-client', 'good', 'In order, as a client'],
])('with a bondsmith, the state %s is %s: “%s”', (name, tone, headline) => {
  expect(situationOf(viewOf(name))).toMatchObject({ tone, headline });
});

test('a departed tab says once that it has left, and how to take part again', () => {
  const { headline, detail, remedies } = situationOf(viewOf('left'));
  expect(remedies).toEqual(['rejoin']);
  expect(detail.toLowerCase()).not.toContain('left the cluster');
  expect(headline).toBe('This tab has left the cluster');
  expect(detail).toContain('reload the page to take part again.');
});

test('a view counts as current until its tab has ended', () => {
  const ended = Object.entries(STATES).flatMap(([name, state]) =>
    state.kind === 'open' && hasEnded(state.view) ? [name] : [],
  );
  expect(ended).toEqual(['newer-data-while-open', 'left', 'started-over-elsewhere']);
  const { radiants } = viewOf('formed');
  expect(hasEnded({ ...viewOf('newer-data-while-open'), radiants })).toBe(false);
});

test('without a quorum the text names the missing radiants', () => {
  const { detail } = situationOf(viewOf('no-quorum'));
  expect(detail).toContain('c81d04 and 0be7f1 cannot be reached');
});

test('without a quorum, a tab without links says that it shows the last known state', () => {
  expect(situationOf(viewOf('no-quorum')).detail).toContain('this is the last state that it knew');
  expect(situationOf(viewOf('an-order-without-quorum')).detail).not.toContain('the last state');
});

test('a bondsmith with a full configuration reports a problem with advice', () => {
  const view = viewOf('configuration-full');
  expect(situationOf(view).headline).toBe('In order');
  const [words] = notesOf(view).map(wordsForProblem);
  expect(words?.headline).toBe('The configuration is full and does not change');
  expect(words?.detail).toMatch(
    /^Enough radiants are present for another order, but .* until shards are consolidated or/u,
  );
});

test('a client sees whether the order has all of its voters', () => {
  const view = viewOf('only-a-client');
  expect(situationOf(view).detail).toContain('The order has its three voters.');
  const radiants = view.radiants.map((radiant) => ({
    ...radiant,
    orders: radiant.orders.map((order) => ({
      ...order,
      members: order.members.map((member, at) => ({ ...member, reachable: at !== 1 })),
    })),
  }));
  const { headline, detail } = situationOf({ ...view, radiants });
  expect(headline).toBe('In order, as a client');
  expect(detail).toContain('three voters. 0be7f1 cannot be reached');
});

test('every error code has a text, its own or the message of the error', () => {
  for (const text of Object.keys(ERROR_CODES)) {
    const code = parseErrorCode(text);
    if (code === undefined) throw new Error(text);
    const words = wordsForProblem({ code, message: 'what happened' });
    expect(words.headline.length).toBeGreaterThan(5);
    expect(words.detail.length).toBeGreaterThan(5);
  }
  expect(wordsFor(new ShardbearerError('NO_QUORUM', 'two are missing')).detail).toBe('Two are missing.');
  expect(wordsFor(new TypeError('oops')).code).toBe('PLATFORM_FAILED');
});

test('the address keeps its options and carries the secret after the #', () => {
  const link = inviteLink('http://localhost:8080/?adoption=off&frames=page', 'secret');
  expect(link).toBe('http://localhost:8080/?adoption=off&frames=page#secret');
  expect(readAddress(link)).toEqual({
    secret: 'secret',
    framesThroughPage: true,
    adoption: false,
    signaling: undefined,
    role: 'radiant',
    founding: { radiants: undefined, orders: undefined, shards: undefined },
  });
  expect(readAddress('http://localhost:8080/?radiants=9&orders=3&role=client')).toMatchObject({
    role: 'client',
    founding: { radiants: 9, orders: 3 },
  });
  expect(readAddress(bareAddress(link)).secret).toBeUndefined();
  expect(readAddress('http://localhost:8080/#').secret).toBeUndefined();
});

test.each([
  'role=nonsense',
  'role=Client',
  'role=',
  'adoption=maybe',
  'adoption=no',
  'frames=nonsense',
  'radiants=abc',
  'radiants=',
  'orders=1.5',
  'shards=-1',
])('a misspelt option of the address is refused and named: ?%s', (query) => {
  const reading = () => readAddress(`http://localhost:8080/?${query}`);
  expect(reading).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  expect(reading).toThrow(`the address says ?${query}; it can say `);
});

test('an option with a capital letter is refused, and unknown options are accepted', () => {
  const reading = () => readAddress('http://localhost:8080/?Role=client');
  expect(reading).toThrow('the address says ?Role=; it can say ?role=');
  expect(readAddress('http://localhost:8080/?Campaign=7#secret').secret).toBe('secret');
});

test('the picture shows missing places, the herald, and each known link once', () => {
  expect(pictureOf(viewOf('one-of-three')).nodes.map(({ kind }) => kind)).toEqual(['voter', 'empty', 'empty']);
  const formed = pictureOf(viewOf('formed'));
  expect(formed.nodes.filter(({ herald }) => herald)).toHaveLength(1);
  expect(pictureOf(viewOf('adopted')).links).toHaveLength(3);
  const crowded = pictureOf(viewOf('formed-many-clients'));
  expect(crowded.nodes).toHaveLength(8);
  expect(crowded.clientsLeftOut).toBe(1);
  for (const { x, y } of crowded.nodes) {
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(crowded.width);
    expect(y).toBeLessThan(crowded.height);
  }
});

test('the round-trip time of a link does not overlap its ends, at every position of the tab', () => {
  const distance = (one: { x: number; y: number }, other: { x: number; y: number }) =>
    Math.hypot(one.x - other.x, one.y - other.y);
  for (const state of Object.values(STATES)) {
    if (state.kind !== 'open') continue;
    const [own, ...others] = state.view.radiants;
    const [order, ...orders] = own?.orders ?? [];
    if (own === undefined || order === undefined) continue;
    for (let turn = 0; turn < order.members.length; turn++) {
      const members = [...order.members.slice(turn), ...order.members.slice(0, turn)];
      const radiants = [{ ...own, orders: [{ ...order, members }, ...orders] }, ...others];
      for (const { from, to, label } of pictureOf({ ...state.view, radiants }).links) {
        expect(Math.min(distance(label, from), distance(label, to))).toBeGreaterThan(50);
      }
    }
  }
});

test('a long key is shortened, and no character is divided', () => {
  expect(shortened('k'.repeat(80))).toBe('k'.repeat(80));
  expect(shortened('k'.repeat(1_300))).toBe(`${'k'.repeat(80)}… (1,300 characters)`);
  expect(shortened(`${'k'.repeat(79)}😀😀`)).toBe(`${'k'.repeat(79)}… (83 characters)`);
});

test('an unreachable signaling server is in the banner of a lone tab, and otherwise among the problems', () => {
  const codes = (name: string) => notesOf(viewOf(name)).map(({ code }) => code);
  expect(situationOf(viewOf('one-radiant-without-signaling')).detail).toContain('?signaling=wss://…');
  expect(codes('one-radiant-without-signaling')).toEqual([]);
  expect(codes('signaling-gone-formed')).toEqual(['SIGNALING_UNREACHABLE']);
});

test('a tab whose radiant is down shows no old state as current', () => {
  const view = viewOf('disk-hung');
  const lines = memberGroupsOf(view).flatMap((group) => group.lines);
  expect(lines.map(({ role }) => role)).toEqual(['down', '…', '…']);
  expect(clusterMapOf(view)?.orders.map(({ state, herald }) => [state, herald])).toEqual([['unknown', undefined]]);
  expect(pictureOf(view).nodes.map(({ caption, herald }) => [caption, herald])).toEqual([
    ['down, this tab', false],
    ['…', false],
    ['…', false],
  ]);
  expect(factsOf(view).find(({ name }) => name === 'Copies')?.value).toBe('…');
});

test('a tab that is linking after its start shows no voter as missing, and none can be taken out', () => {
  const view = viewOf('reloaded');
  const lines = memberGroupsOf(view).flatMap((group) => group.lines);
  expect(lines.filter(({ missing }) => missing)).toEqual([]);
  expect(lines.map(({ role }) => role)).toEqual(['follower', 'connecting…', 'connecting…']);
  expect(clusterMapOf(view)?.orders.map(({ state }) => state)).toEqual(['linking']);
  expect(pictureOf(view).nodes.every(({ reachable }) => reachable)).toBe(true);
  expect(factsOf(view).find(({ name }) => name === 'Copies')?.value).toBe('…');
  expect(clusterMapOf(viewOf('no-quorum'))?.orders.map(({ state }) => state)).toEqual(['without-quorum']);
});

test('a boot counts as linking for a fixed time', () => {
  const linking = new LinkingWindow(2_500);
  const view = viewOf('no-quorum');
  expect(linking.show(view, 1_000).isLinking).toBe(true);
  expect(linking.show(view, 3_499).isLinking).toBe(true);
  expect(linking.show(view, 3_500).isLinking).toBe(false);
  expect(linking.show({ ...view, radiants: [] }, 3_600).isLinking).toBe(false);
});

test('a single needed voter is described in the singular', () => {
  expect(situationOf(viewOf('sole-voter-missing')).detail).toContain('c81d04 cannot be reached, and one is needed');
  expect(situationOf(viewOf('no-quorum')).detail).toContain('two are needed');
});

test('a tab that runs most voters of an order states the risk', () => {
  const all = situationOf(viewOf('adopted'));
  expect(all.detail).toContain('All three voters of the order run in this tab, on the disk of this device.');
  expect(all.detail).toContain('all data of the order is lost');
  expect(situationOf(viewOf('two-of-three-adopted')).detail).toContain('Two of three voters');
  expect(situationOf(viewOf('three-radiants')).detail).toContain('All copies are on this device');
  expect(situationOf(viewOf('formed')).detail).not.toContain('on this device');
});

test('no text of any state has a number with the wrong form of its noun or verb', () => {
  const wrong = /\b(?:one|1) (?:are|voters|radiants|orders|shards|slots|pieces|entries|devices|tabs)\b/iu;
  const texts = Object.values(STATES).flatMap((state) => {
    if (state.kind !== 'open') return [];
    const { headline, detail } = situationOf(state.view);
    return [headline, detail, ...factsOf(state.view).map(({ value, explained }) => `${value} ${explained}`)];
  });
  expect(texts.length).toBeGreaterThan(100);
  expect(texts.filter((text) => wrong.test(text))).toEqual([]);
});
