import { afterEach, expect, test, vi } from 'vitest';
import { ViewFeed } from '../../src/hosts/browser/view-feed.ts';
import type { HostView } from '../../src/hosts/contract.ts';
import { ShardbearerError } from '../../src/wire/errors.ts';

const VIEW: HostView = {
  role: 'radiant',
  radiants: [],
  signaling: 'connecting',
  storage: 'durable',
  frames: 'worker',
  problems: [],
};

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** A page whose animation frames run when the test draws them. */
function page() {
  vi.useFakeTimers();
  const document = { visibilityState: 'visible' };
  const frames = new Map<number, () => void>();
  let lastFrame = 0;
  vi.stubGlobal('document', document);
  vi.stubGlobal('requestAnimationFrame', (tell: () => void) => {
    lastFrame++;
    frames.set(lastFrame, tell);
    return lastFrame;
  });
  vi.stubGlobal('cancelAnimationFrame', (frame: number) => frames.delete(frame));
  const draw = () => {
    const due = [...frames.values()];
    frames.clear();
    for (const tell of due) tell();
  };
  return { document, draw };
}

test('changes before a frame are reported once, in that frame', () => {
  const { draw } = page();
  const views = new ViewFeed(VIEW);
  const told: string[] = [];
  views.onFrame(({ signaling }) => told.push(signaling));
  views.show({ ...VIEW, signaling: 'unreachable' });
  views.show({ ...VIEW, signaling: 'connected' });
  expect(told).toEqual([]);
  draw();
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual(['connected']);
});

test('a page that is hidden before its frame gets the view later, by a timer', () => {
  const { document } = page();
  const views = new ViewFeed(VIEW);
  const told: string[] = [];
  views.onFrame(({ signaling }) => told.push(signaling));
  document.visibilityState = 'hidden';
  vi.advanceTimersByTime(1_000);
  expect(told).toEqual(['connecting']);
  views.show({ ...VIEW, signaling: 'connected' });
  vi.advanceTimersByTime(0);
  expect(told).toEqual(['connecting', 'connected']);
});

test.each([5, undefined, null, {}])('a listener that is not a function is refused: %o', (listener) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
  expect(() => new ViewFeed(VIEW).onFrame(listener as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
});

test('a view that was under way when the store ended does not replace the last view', () => {
  const views = new ViewFeed(VIEW);
  views.show({ ...VIEW, signaling: 'connected' });
  views.end(new ShardbearerError('CLOSED', 'the tab has left'));
  views.show(VIEW);
  expect(views.current.signaling).toBe('connected');
});

test('a wait ends with its timeout and names the condition that the last view lacks', async () => {
  const views = new ViewFeed(VIEW);
  const late = ({ signaling }: HostView) => new ShardbearerError('NOT_FORMED', `signaling is ${signaling}`);
  const waiting = views.until(({ radiants }) => radiants.length > 0, undefined, { timeoutMs: 5, late });
  views.show({ ...VIEW, signaling: 'unreachable' });
  await expect(waiting).rejects.toMatchObject({ code: 'NOT_FORMED', message: 'signaling is unreachable' });
});

test('a timeout longer than any timer does not end the wait at once', async () => {
  const views = new ViewFeed(VIEW);
  const late = () => new ShardbearerError('NOT_FORMED', 'too soon');
  const isConnected = ({ signaling }: HostView) => signaling === 'connected';
  const waiting = [2 ** 31, Number.POSITIVE_INFINITY].map((timeoutMs) =>
    views.until(isConnected, undefined, { timeoutMs, late }),
  );
  setTimeout(() => views.show({ ...VIEW, signaling: 'connected' }), 5);
  await expect(Promise.all(waiting)).resolves.toHaveLength(2);
});
