/**
 * Watches from outside of the product how long a data channel in this worker stays silent. Heartbeats are the only thing
 * that keeps an idle channel from that, so the largest gap between two messages bounds the gap between heartbeats.
 */
const reports = new BroadcastChannel('message-gaps');
const setter = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'onmessage');

let largestGapMs = 0;
const lastMessageMs = new Map<RTCDataChannel, number>();

Object.defineProperty(RTCDataChannel.prototype, 'onmessage', {
  ...setter,
  set(this: RTCDataChannel, handler: RTCDataChannel['onmessage']) {
    if (!lastMessageMs.has(this)) this.addEventListener('message', () => noteMessage(this));
    setter?.set?.call(this, handler);
  },
});

function noteMessage(channel: RTCDataChannel): void {
  const nowMs = performance.now();
  largestGapMs = Math.max(largestGapMs, nowMs - (lastMessageMs.get(channel) ?? nowMs));
  lastMessageMs.set(channel, nowMs);
}

reports.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  // A measurement begins: what came before, opening links and electing, does not count.
  if (data === 'begin') largestGapMs = 0;
  if (data === 'report') reports.postMessage({ largestGapMs, channels: lastMessageMs.size });
});
