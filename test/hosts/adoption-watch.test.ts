import { expect, test } from 'vitest';
import { AdoptionWatch, type DeviceSight, handedOver } from '../../src/hosts/adoption-watch.ts';
import { parseId, type RadiantId } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';

const id = (digit: string): RadiantId => parseId<RadiantId>(digit.repeat(32));
const later = TIMES.host.adoptionDelayMs;

interface Scene {
  /** Radiants of each open tab, one letter for each. The first tab is this tab, and its own radiant comes first. */
  readonly tabs: readonly string[];
  readonly free?: string;
  /** Voters of each order, one letter for each. */
  readonly orders?: readonly string[];
  readonly canDecide?: boolean;
  /** Voters that no tab can reach. */
  readonly missing?: string;
  readonly retired?: string;
  readonly notVoting?: string;
}

function sight(nowMs: number, { tabs, free = '', orders = [], canDecide = true, ...special }: Scene): DeviceSight {
  const { retired = '', notVoting = '', missing = '' } = special;
  const known = (tabs.join('') + free).split('').map((digit) => ({
    radiant: id(digit),
    room: 'room',
    voter: !notVoting.includes(digit),
    retired: retired.includes(digit),
  }));
  const runners = new Map(
    tabs.flatMap((digits, at) => digits.split('').map((digit) => [id(digit), `tab ${at}`] as const)),
  );
  const groups = orders.map((digits) => {
    const voters = digits.split('');
    const live = voters.filter((digit) => !missing.includes(digit));
    return { voters: new Set(voters.map(id)), live: new Set(live.map(id)), canDecide };
  });
  return { nowMs, known, runners, own: id(tabs[0]?.[0] ?? ''), groups };
}

/** The radiants that this tab adopts, one after another, if no other tab adopts any. */
function adopted(watch: AdoptionWatch, nowMs: number, scene: Scene): string {
  const { tabs, free = '' } = scene;
  const radiant = watch.observe(sight(nowMs, scene));
  const digit = free.split('').find((one) => id(one) === radiant);
  if (digit === undefined) return '';
  const [own = '', ...others] = tabs;
  return digit + adopted(watch, nowMs, { ...scene, tabs: [own + digit, ...others], free: free.replace(digit, '') });
}

test('a voter that stays free for the adoption delay is adopted, and a reload does not count as a leave', () => {
  const watch = new AdoptionWatch(TIMES.host);
  const free = { tabs: ['a'], free: 'b' };
  expect(adopted(watch, 0, free)).toBe('');
  expect(adopted(watch, later - 1, free)).toBe('');
  expect(adopted(watch, later - 1, { tabs: ['a', 'b'] })).toBe('');
  expect(adopted(watch, later + 1, free)).toBe('');
  expect(adopted(watch, 2 * later + 1, free)).toBe('b');
});

test('only voters are adopted, and none that was retired', () => {
  const watch = new AdoptionWatch(TIMES.host);
  const scene = { tabs: ['a'], free: 'bc', notVoting: 'b', retired: 'c' };
  adopted(watch, 0, scene);
  expect(adopted(watch, 10 * later, scene)).toBe('');
});

test('one worker runs a limited number of radiants', () => {
  const watch = new AdoptionWatch(TIMES.host);
  const digits = '0123456789abcdef';
  expect(digits).toHaveLength(LIMITS.host.radiantsInOneWorker);
  const scene = { tabs: [digits.slice(0, -1)], free: 'f' };
  adopted(watch, 0, scene);
  expect(adopted(watch, later, scene)).toBe('f');
  const full = {
    ...sight(2 * later, { tabs: [digits] }),
    runners: new Map(digits.split('').map((one) => [id(one), 'tab'])),
  };
  const another = { radiant: parseId<RadiantId>('f0'.repeat(16)), room: 'room', voter: true, retired: false };
  const crowd = { ...full, known: [...full.known, another] };
  watch.observe(crowd);
  expect(watch.observe({ ...crowd, nowMs: 4 * later })).toBeUndefined();
});

test('a radiant that cannot be adopted is not tried repeatedly', () => {
  const watch = new AdoptionWatch(TIMES.host);
  const scene = { tabs: ['a'], free: 'bc' };
  adopted(watch, 0, scene);
  expect(watch.observe(sight(later, scene), new Set([id('b')]))).toBe(id('c'));
  expect(watch.observe(sight(later, scene), new Set([id('b'), id('c')]))).toBeUndefined();
});

test('a radiant that ran until now and whose order lacks a quorum is adopted earlier', () => {
  const watch = new AdoptionWatch(TIMES.host);
  const orders = ['abc'];
  adopted(watch, 0, { tabs: ['a', 'bc'], orders });
  const scene = { tabs: ['a'], free: 'bc', orders, canDecide: false };
  adopted(watch, 10, scene);
  expect(adopted(watch, 10 + TIMES.host.adoptionUrgentMs - 1, scene)).toBe('');
  expect(adopted(watch, 10 + TIMES.host.adoptionUrgentMs, scene)).toBe('bc');
  // When all tabs open at once, one of them is first. Another tab may be about to open a radiant that no tab runs.
  const first = new AdoptionWatch(TIMES.host);
  adopted(first, 0, scene);
  expect(adopted(first, later - 1, scene)).toBe('');
  expect(adopted(first, later, scene)).toBe('bc');
});

test('a free voter goes to the tab with the fewest voters of its order, then to the tab with the fewest radiants', () => {
  const orders = ['abc', 'def'];
  const patient = later + TIMES.host.adoptionYieldMs;
  /** The time at which this tab adopts c. */
  const whenTaken = (tabs: readonly string[]): number | undefined => {
    const watch = new AdoptionWatch(TIMES.host);
    const scene = { tabs, free: 'c', orders };
    return [0, later, patient].find((nowMs) => adopted(watch, nowMs, scene) === 'c');
  };
  expect(whenTaken(['a', 'b', 'd'])).toBe(patient);
  expect(whenTaken(['d', 'b', 'a'])).toBe(later);
  expect(whenTaken(['de', 'b', 'a'])).toBe(later);
  expect(whenTaken(['de', 'b', 'a', 'f'])).toBe(patient);
  expect(whenTaken(['f', 'b', 'a', 'de'])).toBe(later);
  expect(whenTaken(['ad', 'be'])).toBe(later);
});

test('if several radiants become free at once, a tab adopts one and leaves the next to other tabs', () => {
  const watch = new AdoptionWatch(TIMES.host);
  const scene = { tabs: ['a', 'd'], free: 'bce', orders: ['abc', 'def'] };
  adopted(watch, 0, scene);
  expect(adopted(watch, later, scene)).toBe('e');
  const left = { ...scene, tabs: ['ae', 'd'], free: 'bc' };
  expect(adopted(watch, later + TIMES.host.adoptionYieldMs, left)).toBe('bc');
});

/** The radiants that this tab gives up to new tabs. */
function givenIn(scene: Scene, wanted: string, { count = 1, leading = '' } = {}): readonly RadiantId[] {
  const [, ...adoptedDigits] = (scene.tabs[0] ?? '').split('');
  const adoptedOnes = adoptedDigits.map((digit) => ({ radiant: id(digit), leads: leading.includes(digit) }));
  return handedOver(sight(0, scene), adoptedOnes, { count, wanted: new Set(wanted.split('').map(id)) });
}

test('a tab keeps a radiant if its order has a missing voter and cannot tolerate another absence', () => {
  const orders = ['abc'];
  expect(givenIn({ tabs: ['ab'], orders }, 'ab')).toEqual([id('b')]);
  expect(givenIn({ tabs: ['ab'], orders, missing: 'c' }, 'ab')).toEqual([]);
  expect(givenIn({ tabs: ['ab'], orders, missing: 'c' }, 'ab', { leading: 'b' })).toEqual([]);
  // The order does nothing anyway.
  expect(givenIn({ tabs: ['ab'], orders, missing: 'c', canDecide: false }, 'ab')).toEqual([id('b')]);
  // An order of five voters tolerates one more loss.
  expect(givenIn({ tabs: ['ab', 'd', 'e'], orders: ['abcde'], missing: 'c' }, 'b')).toEqual([id('b')]);
  expect(givenIn({ tabs: ['ab', 'd'], orders: ['abcde'], missing: 'ce' }, 'b')).toEqual([]);
  // An order with a sole voter stops while that voter moves to another tab.
  expect(givenIn({ tabs: ['bc', 'a'], orders: ['c'] }, 'c')).toEqual([]);
});

test('new tabs that open at once do not get two voters of an order that tolerates the absence of one', () => {
  expect(givenIn({ tabs: ['abc'], orders: ['abc'] }, 'abc', { count: 2 })).toEqual([id('b')]);
  expect(givenIn({ tabs: ['abcde'], orders: ['abcde'] }, 'abcde', { count: 3 })).toEqual([id('b'), id('c')]);
});

test('a new tab gets one adopted radiant from the tab with the most radiants, of the order with most voters there', () => {
  const orders = ['abc', 'def'];
  const given = (tabs: readonly string[], wanted: string, count = 1, leading = '') =>
    givenIn({ tabs, orders }, wanted, { count, leading });
  expect(given(['abcd', 'ef'], 'abcdef')).toEqual([id('b')]);
  expect(given(['abcd', 'ef'], 'abcdef', 1, 'b')).toEqual([id('c')]);
  expect(given(['abcd', 'ef'], 'abcdef', 2)).toEqual([id('b'), id('d')]);
  expect(given(['abd', 'cef'], 'abcdef')).toEqual([id('b')]);
  expect(given(['ab', 'cef'], 'abcdef')).toEqual([]);
  expect(given(['abcd', 'ef'], 'd')).toEqual([id('d')]);
  expect(given(['a', 'b'], 'ab')).toEqual([]);
});
