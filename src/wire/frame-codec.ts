import { decodeBody, encodeBody } from './body-codec.ts';
import { malformed, optionalId } from './decoding.ts';
import { ShardbearerError } from './errors.ts';
import { decodeFields, type FieldReader, FieldWriter } from './field-codec.ts';
import type { Frame, FrameHeader } from './frame.ts';
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
  return decodeFields('Frame', unsealFrame(bytes), LIMITS.frameBytes, readFrame);
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

const writer = new FieldWriter();

/** Field by field, as the schema's `Frame`: every message between radiants passes here. */
function encodeWithBody(header: FrameHeader, body: Uint8Array): Uint8Array {
  if (header.cluster !== undefined) writer.bytes(1, idToBytes(header.cluster));
  writer.bytes(2, idToBytes(header.sender));
  writer.bytes(3, idToBytes(header.senderBoot));
  writer.bytes(4, idToBytes(header.receiver));
  if (header.receiverBoot !== undefined) writer.bytes(5, idToBytes(header.receiverBoot));
  if (header.group !== undefined) writer.bytes(6, idToBytes(header.group));
  writer.number(7, header.hopLimit);
  writer.bytes(8, body);
  writer.number(9, header.urgent ? 1 : 0);
  return sealFrame(writer.take());
}

function readFrame(reader: FieldReader): EncodedFrame {
  let cluster = NO_BYTES;
  let sender = NO_BYTES;
  let senderBoot = NO_BYTES;
  let receiver = NO_BYTES;
  let receiverBoot = NO_BYTES;
  let group = NO_BYTES;
  let hopLimit = 0;
  let body = NO_BYTES;
  let urgent = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) cluster = reader.view();
    else if (field === 2) sender = reader.view();
    else if (field === 3) senderBoot = reader.view();
    else if (field === 4) receiver = reader.view();
    else if (field === 5) receiverBoot = reader.view();
    else if (field === 6) group = reader.view();
    else if (field === 7) hopLimit = reader.number();
    else if (field === 8) body = reader.view();
    else if (field === 9) urgent = reader.number() !== 0;
    else reader.skip();
  }
  if (hopLimit > LIMITS.hops) throw malformed(`a hop limit of ${hopLimit}, at most ${LIMITS.hops}`);
  if (body.length === 0) throw malformed('a frame without a body');
  const header: FrameHeader = {
    cluster: optionalId(cluster),
    sender: idFromBytes(sender),
    senderBoot: idFromBytes(senderBoot),
    receiver: idFromBytes(receiver),
    receiverBoot: optionalId(receiverBoot),
    group: optionalId(group),
    hopLimit,
    urgent,
  };
  return { header, body };
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
