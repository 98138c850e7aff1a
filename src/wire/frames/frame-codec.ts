import { bodyToMessage, decodeBody } from './body-codec.ts';
import { CHECKSUM_BYTES } from '../crc32c.ts';
import { malformed } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import { FieldWriter } from '../field-writer.ts';
import type { EncodedFrame, Frame, FrameHeader } from './frame.ts';
import { readEncodedFrame, writeEncodedFrame, writeFrame } from '../generated/shardbearer.ts';
import { checkSeal, sealInPlace } from './seal.ts';
import type { ClusterId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { decodeMessage } from '../message-codec.ts';

export { decodeBody, encodeBody, kindOfBody } from './body-codec.ts';

/** Many frames share one buffer of this size. A buffer for each would cost more than most frames do. */
const BUFFER_BYTES = 65_536;
const writer = new FieldWriter(BUFFER_BYTES);

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.frameBytes` */
export function encodeFrame(frame: Frame): Uint8Array {
  const message = frameWith(frame, bodyToMessage(frame.body));
  begin();
  writeFrame(writer, message);
  return sealInPlace(writer.handOut());
}

/**
 * Encodes a frame around an encoded body. A body that goes to many receivers is encoded once.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.frameBytes`
 */
export function encodeFrameAround(header: FrameHeader, body: Uint8Array): Uint8Array {
  begin();
  writeEncodedFrame(writer, { header, body });
  return sealInPlace(writer.handOut());
}

/**
 * Reads a frame, except for its body.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeHeader(bytes: Uint8Array): EncodedFrame {
  return decodeFrom(bytes, checkSeal(bytes));
}

/**
 * The same without the check of the checksum, for a frame that was encoded or checked here.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeSoundHeader(bytes: Uint8Array): EncodedFrame {
  return decodeFrom(bytes, CHECKSUM_BYTES);
}

/**
 * Reads a whole frame.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const { header, body } = decodeHeader(bytes);
  return frameWith(header, decodeBody(body));
}

/** Joins a header and a body. */
export function frameWith<Content>(header: FrameHeader, body: Content): FrameHeader & { readonly body: Content } {
  const { cluster, sender, senderBoot, receiver, receiverBoot, group, hopLimit, urgent } = header;
  return { cluster, sender, senderBoot, receiver, receiverBoot, group, hopLimit, urgent, body };
}

/** The frame as a relay forwards it, with one hop less. Undefined if the frame has no hop left. */
export function encodeRelayed({ header, body }: EncodedFrame): Uint8Array | undefined {
  if (header.hopLimit === 0) return undefined;
  return encodeFrameAround({ ...header, hopLimit: header.hopLimit - 1 }, body);
}

/**
 * Rejects a frame of another cluster. Frames without a cluster pass, and all frames pass while this radiant has none.
 * @throws {ShardbearerError} `FRAME_OF_OTHER_CLUSTER`
 */
export function checkCluster(header: FrameHeader, own: ClusterId | undefined): void {
  if (own === undefined || header.cluster === undefined || header.cluster === own) return;
  throw new ShardbearerError(
    'FRAME_OF_OTHER_CLUSTER',
    `The frame belongs to cluster ${header.cluster}; this radiant belongs to cluster ${own}.`,
  );
}

function begin(): void {
  writer.clear();
  writer.room(CHECKSUM_BYTES);
}

function decodeFrom(bytes: Uint8Array, start: number): EncodedFrame {
  return decodeMessage('Frame', bytes, LIMITS.frameBytes, readEncodedFrame, checkedFrame, start);
}

function checkedFrame(frame: EncodedFrame): EncodedFrame {
  const { hopLimit } = frame.header;
  if (hopLimit > LIMITS.hops) throw malformed(`a hop limit of ${hopLimit}, at most ${LIMITS.hops}`);
  if (frame.body.length === 0) throw malformed('a frame without a body');
  return frame;
}
