import type { ShardbearerError } from '../wire/errors.ts';

/**
 * A reliable, ordered channel for whole messages: a data channel held here, one
 * that the page holds for us, or a pair in memory.
 */
export interface ByteChannel {
  /** Hands one message to the network. On a channel that is not open nothing happens: `closed` says so. */
  send(message: Uint8Array): void;
  /** Bytes handed over that have not left yet. */
  readonly bufferedAmount: number;
  /** To be called once, in the task that got the channel; calls back later, never inside of this call. */
  listen(listener: ByteChannelListener): void;
  /** Messages sent before still leave. `closed` is not called for one's own closing. */
  close(): void;
}

export interface ByteChannelListener {
  opened(): void;
  message(message: Uint8Array): void;
  /** `bufferedAmount` fell to half of `LIMITS.linkBufferedBytes` or below. */
  drained(): void;
  /** @param why what the platform threw, if that is what ended the channel */
  closed(why?: ShardbearerError): void;
}
