import { expect, test } from 'vitest';
import { loadSettings, type Settings, watchSettings } from '../../src/app/console/page-settings.ts';
import { TIMES } from '../../src/wire/times.ts';
import { ManualScheduler } from '../transport/manual-scheduler.ts';

const PAGE = 'https://example.org/kv/?radiants=3#secret';
const BESIDE = 'https://example.org/kv/signaling';
const json = (body: unknown) => () => Promise.resolve(Response.json(body));
const failures: Readonly<Record<string, typeof fetch>> = {
  'no network': () => Promise.reject(new TypeError('Failed to fetch')),
  'no such file': () => Promise.resolve(new Response('Not found', { status: 404 })),
  'the page of another application': () => Promise.resolve(new Response('<!doctype html>')),
  'an error of a proxy': () => Promise.resolve(Response.json({ signalingUrl: './other' }, { status: 502 })),
  'no object': json('signaling'),
  'no address': json({ signalingUrl: 7 }),
  'an address that is no server': json({ signalingUrl: 'ftp://example.org/' }),
};

test.each([
  ['./signaling', BESIDE],
  ['/signaling', 'https://example.org/signaling'],
  ['wss://other.example.org/s', 'wss://other.example.org/s'],
])('settings.json names the signaling server: %s', async (signalingUrl, signaling) => {
  const asked: unknown[] = [];
  const get: typeof fetch = (input) => {
    asked.push(input);
    return json({ signalingUrl, more: true })();
  };
  expect(await loadSettings(PAGE, get)).toEqual({ signaling, areConfirmed: true });
  expect(asked).toEqual(['https://example.org/kv/settings.json']);
});

test.each(Object.keys(failures))('a page without settings opens: %s', async (name) => {
  const get = failures[name] ?? fetch;
  expect(await loadSettings(PAGE, get)).toEqual({ signaling: BESIDE, areConfirmed: false });
});

const UNCONFIRMED: Settings = { signaling: BESIDE, areConfirmed: false };

interface Opened {
  readonly used?: Settings;
  readonly isSettled?: () => boolean;
}

/** Watches settings. Each attempt gets the next answer, and the last answer is repeated. */
function watched(answers: readonly (typeof fetch)[], { used = UNCONFIRMED, isSettled = () => false }: Opened = {}) {
  const scheduler = new ManualScheduler();
  const attempts: number[] = [];
  let others = 0;
  const get: typeof fetch = (...request) => {
    attempts.push(scheduler.nowMs());
    const answer = answers[Math.min(attempts.length, answers.length) - 1] ?? fetch;
    return answer(...request);
  };
  const onOther = () => {
    others++;
  };
  watchSettings({ used, pageAddress: PAGE, get, scheduler, random: () => 1, isSettled, onOther });
  const pass = async (durationMs: number) => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 500) {
      scheduler.advance(500);
      // The settings are parsed over several turns of the event loop.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      await new Promise((resolve) => {
        setTimeout(resolve);
      });
    }
  };
  return { attempts, pass, others: () => others };
}

test('unreadable settings are read again with back-off until they are readable', async () => {
  const { attempts, pass, others } = watched([
    ...Object.values(failures),
    json({ signalingUrl: 'wss://other.example.org/s' }),
  ]);
  await pass(200_000);
  expect(others()).toBe(1);
  const gaps = attempts.map((at, position) => at - (attempts[position - 1] ?? 0));
  expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(gaps.at(-1)).toBe(TIMES.page.settingsRetryMaximumMs);
});

test('settings that name the current server change nothing', async () => {
  const { attempts, pass, others } = watched([json({ signalingUrl: './signaling' })]);
  await pass(10_000);
  expect([attempts.length, others()]).toEqual([1, 0]);
});

test('settings are not read again once they were read or the signaling server answers', async () => {
  const confirmed = watched([json({})], { used: { signaling: BESIDE, areConfirmed: true } });
  const connected = watched([json({})], { isSettled: () => true });
  for (const { attempts, pass } of [confirmed, connected]) {
    await pass(10_000);
    expect(attempts).toEqual([]);
  }
});
