import { expect, test } from 'vitest';
import type { ShardbearerError } from '../../src/wire/errors.ts';
import { DataByteChannel, type DataChannelLike } from '../../src/transport/webrtc/data-channel.ts';

test.each(['InvalidStateError', 'NetworkError', 'OperationError', 'TypeError'])(
  'a channel whose send throws %s is closed with LINK_FAILED; nothing escapes to the sender',
  async (name) => {
    const closings: (ShardbearerError | undefined)[] = [];
    let isClosed = false;
    const broken: DataChannelLike = {
      readyState: 'open',
      bufferedAmount: 0,
      bufferedAmountLowThreshold: 0,
      binaryType: 'arraybuffer',
      onopen: null,
      onclose: null,
      onbufferedamountlow: null,
      onmessage: null,
      send: () => {
        throw name === 'TypeError' ? new TypeError('too large') : new DOMException('it broke', name);
      },
      close: () => {
        isClosed = true;
      },
    };
    const channel = new DataByteChannel(broken);
    channel.listen({
      opened: () => undefined,
      message: () => undefined,
      drained: () => undefined,
      closed: (why) => closings.push(why),
    });
    channel.send(new Uint8Array(1));
    expect(isClosed).toBe(true);
    await Promise.resolve();
    expect(closings).toMatchObject([{ code: 'LINK_FAILED' }]);
    expect(closings[0]?.message).toContain(`RTCDataChannel.send failed (${name}`);
  },
);
