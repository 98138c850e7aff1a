import { expect, test } from 'vitest';
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

test.each([5, undefined, null, {}])('what cannot be called back is refused, not called: %o', (listener) => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- wrong on purpose
  expect(() => new ViewFeed(VIEW).onFrame(listener as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
  );
});

test('what was still on its way when the store ended does not take the place of the last view', () => {
  const views = new ViewFeed(VIEW);
  views.show({ ...VIEW, signaling: 'connected' });
  views.end(new ShardbearerError('CLOSED', 'the tab has left'));
  views.show(VIEW);
  expect(views.current.signaling).toBe('connected');
});
