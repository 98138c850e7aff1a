import { create, toBinary } from '@bufbuild/protobuf';
import { decodeBody, encodeBody } from './body-codec.ts';
import { decodeMessage, malformed, optionalId } from './decoding.ts';
import { ShardbearerError } from './errors.ts';
import type { Frame, FrameHeader } from './frame.ts';
import { type Frame as FrameMessage, FrameSchema } from './generated/shardbearer_pb.ts';
import { sealFrame, unsealFrame } from './frame-seal.ts';
import { type ClusterId, idFromBytes, idToBytes } from './identifiers.ts';
import { LIMITS } from './limits.ts';

export { decodeBody } from './body-codec.ts';

/** A frame of which only the header has been read. */
export interface EncodedFrame {
  readonly header: FrameHeader;
  /** Still encoded: `decodeBody` reads it. A view of the bytes that were decoded. */
  readonly body: Uint8Array;
}

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.frameBytes` */
export function encodeFrame(frame: Frame): Uint8Array {
  return encodeWithBody(frame, encodeBody(frame.body));
}

/**
 * Reads what a relay reads, and no more.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeHeader(bytes: Uint8Array): EncodedFrame {
  return decodeMessage(FrameSchema, unsealFrame(bytes), LIMITS.frameBytes, headerFromMessage);
}

/**
 * Reads a frame whole.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const { header, body } = decodeHeader(bytes);
  return { ...header, body: decodeBody(body) };
}

/** The frame as a relay passes it on, with a hop less; undefined where it has none left. */
export function encodeRelayed(frame: EncodedFrame): Uint8Array | undefined {
  if (frame.header.hopLimit === 0) return undefined;
  return encodeWithBody({ ...frame.header, hopLimit: frame.header.hopLimit - 1 }, frame.body);
}

/**
 * A frame without a cluster comes from a radiant that has none yet and passes, and so does every frame while this
 * radiant has none.
 * @throws {ShardbearerError} `FRAME_OF_OTHER_CLUSTER`
 */
export function checkCluster(header: FrameHeader, own: ClusterId | undefined): void {
  if (own === undefined || header.cluster === undefined || header.cluster === own) return;
  throw new ShardbearerError('FRAME_OF_OTHER_CLUSTER', `a frame of cluster ${header.cluster}, this is ${own}`);
}

function encodeWithBody(header: FrameHeader, body: Uint8Array): Uint8Array {
  const message = create(FrameSchema, {
    cluster: header.cluster === undefined ? NO_BYTES : idToBytes(header.cluster),
    sender: idToBytes(header.sender),
    senderBoot: idToBytes(header.senderBoot),
    receiver: idToBytes(header.receiver),
    receiverBoot: header.receiverBoot === undefined ? NO_BYTES : idToBytes(header.receiverBoot),
    group: header.group === undefined ? NO_BYTES : idToBytes(header.group),
    hopLimit: header.hopLimit,
    urgent: header.urgent,
    body,
  });
  return sealFrame(toBinary(FrameSchema, message));
}

function headerFromMessage(message: FrameMessage): EncodedFrame {
  if (message.hopLimit > LIMITS.hops) throw malformed(`a hop limit of ${message.hopLimit}, at most ${LIMITS.hops}`);
  if (message.body.length === 0) throw malformed('a frame without a body');
  const header: FrameHeader = {
    cluster: optionalId(message.cluster),
    sender: idFromBytes(message.sender),
    senderBoot: idFromBytes(message.senderBoot),
    receiver: idFromBytes(message.receiver),
    receiverBoot: optionalId(message.receiverBoot),
    group: optionalId(message.group),
    hopLimit: message.hopLimit,
    urgent: message.urgent,
  };
  return { header, body: message.body };
}

const NO_BYTES = new Uint8Array(0);
