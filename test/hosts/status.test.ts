import { expect, test } from 'vitest';
import type { HostView } from '../../src/hosts/contract.ts';
import { isSameStatus, statusOf } from '../../src/hosts/status.ts';
import { STATES } from '../browser/pages/console-states.ts';

const URL = 'ws://localhost:5173/signaling';

function viewOf(name: string, change: Partial<HostView> = {}): HostView {
  const state = STATES[name];
  if (state?.kind !== 'open') throw new Error(`${name} has no view`);
  return { ...state.view, ...change };
}

/** The view of a formed cluster, with a change of its own radiant. */
function formed(change: Partial<HostView['radiants'][number]>): HostView {
  const view = viewOf('formed');
  return { ...view, radiants: view.radiants.map((radiant, at) => (at === 0 ? { ...radiant, ...change } : radiant)) };
}

function withoutQuorums({ radiants: [own] }: HostView) {
  return (own?.orders ?? []).map((order) => ({ ...order, quorumReachable: false }));
}

test('a store whose orders all have a quorum is live', () => {
  expect(statusOf(viewOf('formed'), URL)).toEqual({ kind: 'live' });
});

test('a store that has not found or formed its cluster is connecting, and says what is missing', () => {
  expect(statusOf(viewOf('seeking'), URL)).toMatchObject({ kind: 'connecting' });
  expect(statusOf(viewOf('two-of-three'), URL)).toMatchObject({ kind: 'connecting', code: 'NOT_FORMED' });
  expect(statusOf(viewOf('seeking', { radiants: [] }), URL)).toMatchObject({ kind: 'connecting' });
});

test('a store with a quorum and without a signaling server is degraded', () => {
  const status = statusOf(viewOf('formed', { signaling: 'unreachable' }), URL);
  expect(status).toMatchObject({ kind: 'degraded', code: 'SIGNALING_UNREACHABLE' });
});

test('a store that lost its quorums is degraded with other tabs in reach, and offline without them', () => {
  const orders = withoutQuorums(viewOf('formed'));
  expect(statusOf(formed({ orders }), URL)).toMatchObject({ kind: 'degraded', code: 'NO_QUORUM' });
  expect(statusOf(formed({ orders, neighbours: [] }), URL)).toMatchObject({ kind: 'offline', code: 'NO_QUORUM' });
});

test('statuses differ by kind, code and reason', () => {
  const one = { kind: 'degraded', code: 'NO_QUORUM', why: 'one' } as const;
  expect(isSameStatus(one, { ...one })).toBe(true);
  expect(isSameStatus({ kind: 'live' }, { kind: 'live' })).toBe(true);
  expect(isSameStatus(one, { kind: 'live' })).toBe(false);
  expect(isSameStatus(one, { ...one, why: 'other' })).toBe(false);
  expect(isSameStatus(one, { ...one, kind: 'offline' })).toBe(false);
});
