import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  type ConnectionScope,
  type FrameRunner,
  type ProbedConnection,
  probePageNetwork,
} from '../../src/transport/webrtc/page-network.ts';
import { TIMES } from '../../src/wire/times.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

let open = 0;

/** Returns a window whose connections find a candidate after a delay, or never if the delay is undefined. */
function scopeThatGathers(afterMs: number | undefined): ConnectionScope {
  class Connection implements ProbedConnection {
    onicecandidate: ProbedConnection['onicecandidate'] = null;
    constructor() {
      open += 1;
    }
    createDataChannel(): void {}
    async setLocalDescription(): Promise<void> {
      if (afterMs === undefined) return;
      setTimeout(() => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node has no class of this event
        const event = { candidate: { candidate: 'candidate:1 1 udp' } } as RTCPeerConnectionIceEvent;
        this.onicecandidate?.(event);
      }, afterMs);
    }
    close(): void {
      open -= 1;
    }
  }
  return { RTCPeerConnection: Connection };
}

const frameOf =
  (scope: ConnectionScope): FrameRunner =>
  (task) =>
    task(scope);
class Refused implements ProbedConnection {
  readonly onicecandidate = null;
  constructor() {
    throw new DOMException('too many', 'UnknownError');
  }
  createDataChannel(): void {}
  async setLocalDescription(): Promise<void> {}
  close(): void {}
}
const broken: ConnectionScope = { RTCPeerConnection: Refused };
const late = TIMES.links.candidatePatienceMs - 1;

test.each([
  ['page and frame gather candidates', scopeThatGathers(10), scopeThatGathers(10), 'works'],
  ['the page is slow and gathers one in time', scopeThatGathers(late), scopeThatGathers(10), 'works'],
  [
    'neither gathers any: the device is offline or has a loopback interface only',
    scopeThatGathers(undefined),
    scopeThatGathers(undefined),
    'none',
  ],
  ['only the frame gathers any', scopeThatGathers(undefined), scopeThatGathers(10), 'lost'],
  ['no connection can be made anywhere', broken, broken, 'none'],
])('%s', async (_what, page, frame, expected) => {
  const verdict = probePageNetwork(page, frameOf(frame));
  await vi.advanceTimersByTimeAsync(TIMES.links.candidatePatienceMs);
  expect(await verdict).toBe(expected);
  expect(open).toBe(0);
});
