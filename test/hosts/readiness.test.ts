import { expect, test } from 'vitest';
import { ConsoleNotices } from '../../src/hosts/browser/console-notices.ts';
import type { HostView } from '../../src/hosts/contract.ts';
import { isReady, notReadyWithin, whatIsMissing } from '../../src/hosts/readiness.ts';
import type { ErrorCode } from '../../src/wire/errors.ts';
import { STATES } from '../browser/pages/console-states.ts';

const URL = 'ws://localhost:5173/signaling';
const problem = (code: ErrorCode) => ({ code, message: `why ${code}` });

function viewOf(name: string, change: Partial<HostView> = {}): HostView {
  const state = STATES[name];
  if (state?.kind !== 'open') throw new Error(`${name} has no view`);
  return { ...state.view, ...change };
}

/** The view of a tab that has no link and knows no cluster. */
const alone = (change: Partial<HostView>) => viewOf('seeking', change);

test.each([
  [
    alone({ signaling: 'unreachable' }),
    'SIGNALING_UNREACHABLE',
    /at ws:\/\/localhost:5173\/signaling does not answer/u,
  ],
  [alone({ signaling: 'connecting' }), 'SIGNALING_UNREACHABLE', /has not answered yet/u],
  [alone({ signaling: 'refused', problems: [problem('ROOM_FULL')] }), 'ROOM_FULL', /why ROOM_FULL/u],
  [alone({ signaling: 'refused', problems: [] }), 'ROOM_FULL', /Retry later/u],
  [alone({ signaling: 'connected', problems: [problem('LINK_FAILED')] }), 'LINK_FAILED', /why LINK_FAILED/u],
  [alone({ signaling: 'connected', problems: [] }), 'NOT_FORMED', /Open the invite link/u],
  [viewOf('two-of-three'), 'NOT_FORMED', /2 of the 3 radiants/u],
  [viewOf('electing'), 'NO_QUORUM', /Open the missing tabs/u],
  [viewOf('seeking', { radiants: [], problems: [] }), 'UNAVAILABLE', /Reload the page/u],
  [viewOf('seeking', { radiants: [], problems: [problem('STORAGE_FULL')] }), 'STORAGE_FULL', /why STORAGE_FULL/u],
  [alone({ problems: [problem('STORAGE_TOO_NEW')] }), 'STORAGE_TOO_NEW', /why STORAGE_TOO_NEW/u],
] as const)('a store that is not ready says what is missing: $problems $signaling → %s', (view, code, message) => {
  expect(isReady(view)).toBe(false);
  expect(whatIsMissing(view, URL)).toMatchObject({ code });
  expect(whatIsMissing(view, URL).message).toMatch(message);
  expect(notReadyWithin(view, URL, 2_500)).toMatchObject({ code });
  expect(notReadyWithin(view, URL, 2_500).message).toMatch(/^The store is not ready after 2\.5 s\. /u);
});

test('a store whose cluster has a herald is ready', () => {
  expect(isReady(viewOf('formed'))).toBe(true);
});

test('the browser’s console reports once that the signaling server does not answer, with advice', () => {
  const lines: string[] = [];
  const notices = new ConsoleNotices(URL, (line) => lines.push(line));
  notices.look(alone({ signaling: 'connecting' }));
  expect(lines).toEqual([]);
  for (const signaling of ['unreachable', 'connecting', 'unreachable'] as const) notices.look(alone({ signaling }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^Shardbearer: .*SERVE=signaling npm start.* \[SIGNALING_UNREACHABLE\]$/u);
});
