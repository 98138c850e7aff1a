/**
 * Bodies of frames, as the schema's `Body`. Those that travel all the time are written and read field by field, the
 * rarer ones by the generated code.
 */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { configurationFromMessage, encodeConfiguration } from '../configuration/configuration-codec.ts';
import { readConsensus, writeConsensus } from './consensus-codec.ts';
import { boundedBytes, decodeMessage, malformed } from '../decoding.ts';
import { decodeFields, FieldReader, FieldWriter } from '../field-codec.ts';
import type { Body } from './frame.ts';
import { type Body as BodyMessage, BodySchema } from '../generated/shardbearer_pb.ts';
import { LIMITS } from '../limits.ts';
import { readPresence, writePresence } from './presence-codec.ts';
import { readReply, readRequest, writeReply, writeRequest } from './request-codec.ts';
import {
  shardChunkFromMessage,
  shardChunkToMessage,
  shardRequestFromMessage,
  shardRequestToMessage,
} from './shard-codec.ts';
import {
  snapshotChunkFromMessage,
  snapshotChunkToMessage,
  snapshotGoneFromMessage,
  snapshotGoneToMessage,
  snapshotRequestFromMessage,
  snapshotRequestToMessage,
} from './snapshot-codec.ts';

type FrequentBody = Extract<Body, { kind: 'presence' | 'consensus' | 'request' | 'reply' }>;

type ConfigurationBody = Extract<Body, { kind: 'configuration' }>;

const CONFIGURATION = BodySchema.field.configuration.number;
const PRESENCE = BodySchema.field.presence.number;
const CONSENSUS = BodySchema.field.consensus.number;
const REQUEST = BodySchema.field.request.number;
const REPLY = BodySchema.field.reply.number;
/** The fields of which a body has one: what kind it is. */
const KINDS: ReadonlySet<number> = new Set(
  BodySchema.oneofs.flatMap(({ fields }) => fields.map(({ number }) => number)),
);

export function encodeBody(body: Body): Uint8Array {
  ownWriter.clear();
  writeBody(ownWriter, body);
  return ownWriter.take();
}

export function writeBody(writer: FieldWriter, body: Body): void {
  switch (body.kind) {
    case 'presence':
      return writer.nested(PRESENCE, writePresence, body.presence);
    case 'consensus':
      return writer.nested(CONSENSUS, writeConsensus, body);
    case 'request':
      return writer.nested(REQUEST, writeRequest, body.request);
    case 'reply':
      return writer.nested(REPLY, writeReply, body.reply);
    case 'configuration':
      return writer.element(CONFIGURATION, encodeConfiguration(body.configuration));
    default:
      writer.fields(toBinary(BodySchema, create(BodySchema, { kind: bodyToMessage(body) })));
  }
}

/**
 * What a frame says. Byte fields are views of `bytes`: copy what is kept longer than the frame.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeBody(bytes: Uint8Array): Body {
  const frequent = decodeFields('Body', bytes, LIMITS.frameBytes, readFrequent);
  return frequent ?? decodeMessage(BodySchema, bytes, LIMITS.frameBytes, bodyFromMessage);
}

/** What kind of body these bytes are, without reading it; undefined: one of the rarer kinds, or none. */
export function frequentKindOf(bytes: Uint8Array): FrequentBody['kind'] | undefined {
  switch (new FieldReader(bytes).next()) {
    case PRESENCE:
      return 'presence';
    case CONSENSUS:
      return 'consensus';
    case REQUEST:
      return 'request';
    case REPLY:
      return 'reply';
    default:
      return undefined;
  }
}

const ownWriter = new FieldWriter();

/** Undefined: the body is of a rarer kind, or of none. */
function readFrequent(reader: FieldReader): FrequentBody | undefined {
  let body: FrequentBody | undefined;
  let kinds = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (KINDS.has(field)) kinds++;
    if (field === CONSENSUS) body = reader.message(readConsensus);
    else if (field === PRESENCE) body = { kind: 'presence', presence: reader.message(readPresence) };
    else if (field === REQUEST) body = { kind: 'request', request: reader.message(readRequest) };
    else if (field === REPLY) body = { kind: 'reply', reply: reader.message(readReply) };
    else reader.skip();
  }
  if (kinds > 1) throw malformed('a body of two kinds');
  return body;
}

function bodyToMessage(
  body: Exclude<Body, FrequentBody | ConfigurationBody>,
): NonNullable<MessageInitShape<typeof BodySchema>['kind']> {
  switch (body.kind) {
    case 'goodbye':
      return { case: 'goodbye', value: {} };
    case 'signal':
      return { case: 'signal', value: { sealed: body.sealed } };
    case 'snapshot-request':
      return { case: 'snapshotRequest', value: snapshotRequestToMessage(body) };
    case 'snapshot-chunk':
      return { case: 'snapshotChunk', value: snapshotChunkToMessage(body) };
    case 'snapshot-gone':
      return { case: 'snapshotGone', value: snapshotGoneToMessage(body) };
    case 'shard-request':
      return { case: 'shardRequest', value: shardRequestToMessage(body) };
    case 'shard-chunk':
      return { case: 'shardChunk', value: shardChunkToMessage(body) };
  }
}

function bodyFromMessage({ kind }: BodyMessage): Exclude<Body, FrequentBody> {
  switch (kind.case) {
    case 'configuration':
      return { kind: 'configuration', configuration: configurationFromMessage(kind.value) };
    case 'goodbye':
      return { kind: 'goodbye' };
    case 'signal':
      return { kind: 'signal', sealed: boundedBytes(kind.value.sealed, 1, LIMITS.sealedBytes, 'a signal') };
    case 'snapshotRequest':
      return snapshotRequestFromMessage(kind.value);
    case 'snapshotChunk':
      return snapshotChunkFromMessage(kind.value);
    case 'snapshotGone':
      return snapshotGoneFromMessage(kind.value);
    case 'shardRequest':
      return shardRequestFromMessage(kind.value);
    case 'shardChunk':
      return shardChunkFromMessage(kind.value);
    default:
      throw malformed("a body's kind is missing");
  }
}
