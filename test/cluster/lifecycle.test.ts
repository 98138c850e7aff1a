import { expect, test } from 'vitest';
import {
  Lifecycle,
  ORDER_TRANSITIONS,
  orderLifecycle,
  RADIANT_TRANSITIONS,
  radiantLifecycle,
} from '../../src/cluster/lifecycle.ts';

test('a radiant is associated, locked and unlocked, and comes back from an error by a reset', () => {
  const lifecycle = radiantLifecycle();
  for (const next of ['associated', 'locked', 'associated', 'error', 'reset', 'unassociated'] as const) {
    lifecycle.enter(next);
    expect(lifecycle.state).toBe(next);
  }
});

test('an order is loaded before it is locked, and locked before it is active', () => {
  const lifecycle = orderLifecycle();
  for (const next of ['reset', 'locked', 'active', 'locked', 'active', 'error', 'reset', 'locked'] as const) {
    lifecycle.enter(next);
  }
  expect(lifecycle.state).toBe('locked');
});

test.each([
  ['radiant', RADIANT_TRANSITIONS],
  ['order', ORDER_TRANSITIONS],
])('a transition that is not in the table of a %s throws and changes nothing', (_, table) => {
  for (const [from, allowed] of Object.entries<readonly string[]>(table)) {
    for (const to of Object.keys(table).filter((state) => !allowed.includes(state))) {
      const lifecycle = new Lifecycle<string>({ ...table }, from);
      expect(() => lifecycle.enter(to)).toThrow(expect.objectContaining({ code: 'INVARIANT_BROKEN' }));
      expect(lifecycle.state).toBe(from);
    }
  }
});

test('every state allows an error, and an error allows only a reset', () => {
  for (const [from, next] of [...Object.entries(RADIANT_TRANSITIONS), ...Object.entries(ORDER_TRANSITIONS)]) {
    expect(next.filter((to) => to === 'error' || from === 'error')).toEqual([from === 'error' ? 'reset' : 'error']);
  }
});
