import { decodeBody, writeBody } from './body-codec.ts';
import { CHECKSUM_BYTES } from '../crc32c.ts';
import { malformed, required } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import { decodeFields, type FieldReader, FieldWriter } from '../field-codec.ts';
import type { Body, Frame, FrameHeader } from './frame.ts';
import { checkSeal, sealInPlace } from './seal.ts';
import type { BootId, ClusterId, OrderId, RadiantId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';

export { decodeBody, encodeBody, frequentKindOf } from './body-codec.ts';

/** A frame of which only the header has been read. */
export interface EncodedFrame {
  readonly header: FrameHeader;
  /** Still encoded: `decodeBody` reads it. A view of the bytes that were decoded. */
  readonly body: Uint8Array;
}

/** @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.frameBytes` */
export function encodeFrame(frame: Frame): Uint8Array {
  writeWay(frame, frame.hopLimit);
  writer.nested(BODY_FIELD, writeBody, frame.body);
  return finish(frame);
}

/**
 * The same of a body that is encoded already: what is told to many is encoded once.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE` above `LIMITS.frameBytes`
 */
export function encodeFrameAround(header: FrameHeader, body: Uint8Array): Uint8Array {
  writeWay(header, header.hopLimit);
  writer.bytes(BODY_FIELD, body);
  return finish(header);
}

/**
 * Reads what a relay reads, and no more.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeHeader(bytes: Uint8Array): EncodedFrame {
  return decodeFields('Frame', bytes, LIMITS.frameBytes, readFrame, checkSeal(bytes));
}

/**
 * The same of a frame that was made here, or found undamaged: its checksum is not looked at.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeSoundHeader(bytes: Uint8Array): EncodedFrame {
  return decodeFields('Frame', bytes, LIMITS.frameBytes, readFrame, CHECKSUM_BYTES);
}

/**
 * Reads a frame whole.
 * @throws {ShardbearerError} `FRAME_TOO_LARGE`, `FRAME_MALFORMED`
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  const { header, body } = decodeHeader(bytes);
  return frameWith(header, decodeBody(body));
}

/** A frame whose parts were read one after the other. */
export function frameWith(header: FrameHeader, body: Body): Frame {
  const { cluster, sender, senderBoot, receiver, receiverBoot, group, hopLimit, urgent } = header;
  return { cluster, sender, senderBoot, receiver, receiverBoot, group, hopLimit, urgent, body };
}

/** The frame as a relay passes it on, with a hop less; undefined where it has none left. */
export function encodeRelayed(frame: EncodedFrame): Uint8Array | undefined {
  const { header, body } = frame;
  if (header.hopLimit === 0) return undefined;
  writeWay(header, header.hopLimit - 1);
  writer.bytes(BODY_FIELD, body);
  return finish(header);
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

const BODY_FIELD = 8;
/** Frames lie one behind the other in buffers of so many bytes: one for each would be the dearest part of most. */
const BUFFER_BYTES = 65_536;
const writer = new FieldWriter(BUFFER_BYTES);

/** Field by field, as the schema's `Frame`: every message between radiants passes here. The body follows. */
function writeWay(header: FrameHeader, hopLimit: number): void {
  writer.clear();
  writer.room(CHECKSUM_BYTES);
  writer.id(1, header.cluster);
  writer.id(2, header.sender);
  writer.id(3, header.senderBoot);
  writer.id(4, header.receiver);
  writer.id(5, header.receiverBoot);
  writer.id(6, header.group);
  writer.number(7, hopLimit);
}

function finish(header: FrameHeader): Uint8Array {
  writer.flag(9, header.urgent);
  return sealInPlace(writer.handOut());
}

function readFrame(reader: FieldReader): EncodedFrame {
  let cluster: ClusterId | undefined;
  let sender: RadiantId | undefined;
  let senderBoot: BootId | undefined;
  let receiver: RadiantId | undefined;
  let receiverBoot: BootId | undefined;
  let group: OrderId | undefined;
  let hopLimit = 0;
  let body = NO_BYTES;
  let urgent = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) cluster = reader.id();
    else if (field === 2) sender = reader.id();
    else if (field === 3) senderBoot = reader.id();
    else if (field === 4) receiver = reader.id();
    else if (field === 5) receiverBoot = reader.id();
    else if (field === 6) group = reader.id();
    else if (field === 7) hopLimit = reader.number();
    else if (field === BODY_FIELD) body = reader.view();
    else if (field === 9) urgent = reader.flag();
    else reader.skip();
  }
  if (hopLimit > LIMITS.hops) throw malformed(`a hop limit of ${hopLimit}, at most ${LIMITS.hops}`);
  if (body.length === 0) throw malformed('a frame without a body');
  const header: FrameHeader = {
    cluster,
    sender: required(sender, 'a sender'),
    senderBoot: required(senderBoot, "a sender's boot"),
    receiver: required(receiver, 'a receiver'),
    receiverBoot,
    group,
    hopLimit,
    urgent,
  };
  return { header, body };
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
