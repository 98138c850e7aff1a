/** Items of a state, as the schema's `StateItem`, field by field. */
import type { ShardRange } from '../configuration/configuration.ts';
import { boundedBytes, boundedText, malformed } from '../decoding.ts';
import { parseErrorCode, ShardbearerError } from '../errors.ts';
import type { FieldReader } from '../field-codec.ts';
import { asLogIndex, asSequenceNumber, asSlot, type ClientId, idFromBytes, idToBytes } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import type {
  KeptItem,
  ShardEnd,
  ShardStart,
  SlotItem,
  StateAdmission,
  StateDeparted,
  StateFrozen,
  StateHead,
  StateIncoming,
  StateItem,
  StateOrigin,
  StateSession,
  StateShard,
} from './state-chunk.ts';
import { STATE_SCHEMA_VERSION } from '../versions.ts';

type Fields = readonly (number | Uint8Array)[];

/** Of `StateItem` in the schema, by the numbers of their fields from 1. */
export const KINDS = [
  'head',
  'shard',
  'session',
  'slot',
  'value',
  'written',
  'refused',
  'frozen',
  'incoming',
  'kept',
  'dropped',
  'start',
  'end',
  'departed',
  'admission',
  'origin',
] as const satisfies StateItem['kind'][];
type Kind = (typeof KINDS)[number];

const text = new TextEncoder();
const reading = new TextDecoder('utf-8', { fatal: true });

/** Of an item in the schema's order: a field's place is its number, its value says whether it is a number or bytes. */
export function fieldsOf(item: StateItem): Fields {
  switch (item.kind) {
    case 'head':
      return [STATE_SCHEMA_VERSION, item.generation, item.appliedIndex, item.logTimeMs, item.latestFreeze];
    case 'shard':
      return rangeFields(item.shard);
    case 'origin':
      return [item.first, item.last, item.since, item.closedThrough];
    case 'session':
      return [idToBytes(item.client), item.lastUsedMs, item.finishedThrough, item.openedAt];
    case 'admission':
      return [item.since];
    case 'slot':
      return [item.slot, item.revision];
    case 'value':
      return [item.key, item.value, item.versionstamp.generation, item.versionstamp.revision];
    case 'written': {
      const { generation, revision } = item.versionstamp;
      return [item.session, item.sequence, generation, revision, item.existed ? 1 : 0];
    }
    case 'refused':
      return [item.session, item.sequence, text.encode(item.code), text.encode(item.message)];
    case 'departed':
      return rangeFields(item.shard);
    case 'frozen':
      return [...rangeFields(item.shard), idToBytes(item.to)];
    case 'incoming':
      return [...rangeFields(item.shard), idToBytes(item.from), item.chunks];
    case 'kept':
      return [idToBytes(item.client), item.finishedThrough];
    case 'dropped':
      return [idToBytes(item.client)];
    case 'start':
      return [STATE_SCHEMA_VERSION, item.generation, ...rangeFields(item.shard)];
    case 'end':
      return [text.encode(item.digest)];
  }
}

function rangeFields({ first, last, epoch }: ShardRange): readonly number[] {
  return [first, last, epoch];
}

/** The types of an item's fields, by number from 1. */
const SHAPES: Record<Kind, readonly ('number' | 'bytes')[]> = {
  head: ['number', 'number', 'number', 'number', 'number'],
  shard: ['number', 'number', 'number'],
  session: ['bytes', 'number', 'number', 'number'],
  slot: ['number', 'number'],
  value: ['bytes', 'bytes', 'number', 'number'],
  written: ['number', 'number', 'number', 'number', 'number'],
  refused: ['number', 'number', 'bytes', 'bytes'],
  frozen: ['number', 'number', 'number', 'bytes'],
  incoming: ['number', 'number', 'number', 'bytes', 'number'],
  kept: ['bytes', 'number'],
  dropped: ['bytes'],
  start: ['number', 'number', 'number', 'number', 'number'],
  end: ['bytes'],
  departed: ['number', 'number', 'number'],
  admission: ['number'],
  origin: ['number', 'number', 'number', 'number'],
};

export function readItem(reader: FieldReader): StateItem {
  const kind = KINDS[reader.next() - 1];
  if (kind === undefined) throw malformed('an item of a state that is of no kind');
  const item = reader.message((inner) => itemOf(kind, readFields(inner, SHAPES[kind])));
  if (reader.next() !== 0) throw malformed('an item of a state that is of two kinds');
  return item;
}

/** What was read of one item, by the numbers of its fields; what is absent is 0 or empty. */
interface FoundFields {
  readonly number: (field: number) => number;
  readonly bytes: (field: number) => Uint8Array;
}

function readFields(reader: FieldReader, shape: readonly ('number' | 'bytes')[]): FoundFields {
  const found: (number | Uint8Array)[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const type = shape[field - 1];
    if (type === undefined) reader.skip();
    else found[field] = type === 'number' ? reader.number() : reader.view();
  }
  return {
    number: (field) => {
      const value = found[field];
      return typeof value === 'number' ? value : 0;
    },
    bytes: (field) => {
      const value = found[field];
      return value instanceof Uint8Array ? value : NO_BYTES;
    },
  };
}

function itemOf(kind: Kind, fields: FoundFields): StateItem {
  switch (kind) {
    case 'slot':
    case 'value':
    case 'written':
    case 'refused':
      return slotItemOf(kind, fields);
    case 'kept':
    case 'dropped':
    case 'start':
    case 'end':
    case 'frozen':
    case 'incoming':
      return movingItemOf(kind, fields);
    case 'head':
    case 'shard':
    case 'origin':
    case 'departed':
    case 'session':
    case 'admission':
      return stateItemOf(kind, fields);
  }
}

type StateOnlyItem = StateHead | StateShard | StateOrigin | StateDeparted | StateSession | StateAdmission;

function stateItemOf(kind: StateOnlyItem['kind'], { number, bytes }: FoundFields): StateOnlyItem {
  switch (kind) {
    case 'head':
      checkVersion(number(1));
      return {
        kind,
        generation: number(2),
        appliedIndex: asLogIndex(number(3)),
        logTimeMs: number(4),
        latestFreeze: asLogIndex(number(5)),
      };
    case 'shard':
      return { kind, shard: rangeOf(number(1), number(2), number(3)) };
    case 'origin': {
      const { first, last } = rangeOf(number(1), number(2), 0);
      return { kind, first, last, since: asLogIndex(number(3)), closedThrough: asLogIndex(number(4)) };
    }
    case 'departed':
      return { kind, shard: rangeOf(number(1), number(2), number(3)) };
    case 'session': {
      const client: ClientId = idFromBytes(bytes(1));
      const finishedThrough = asSequenceNumber(number(3));
      return { kind, client, lastUsedMs: number(2), finishedThrough, openedAt: asLogIndex(number(4)) };
    }
    case 'admission':
      return { kind, since: asLogIndex(number(1)) };
  }
}

function slotItemOf(kind: SlotItem['kind'], { number, bytes }: FoundFields): SlotItem {
  switch (kind) {
    case 'slot':
      return { kind, slot: asSlot(number(1)), revision: number(2) };
    case 'value': {
      const key = boundedBytes(bytes(1), 1, LIMITS.keyBytes, 'a key');
      const value = boundedBytes(bytes(2), 0, LIMITS.valueBytes, 'a value');
      return { kind, key, value, versionstamp: { generation: number(3), revision: number(4) } };
    }
    case 'written': {
      const place = { session: number(1), sequence: asSequenceNumber(number(2)) };
      const versionstamp = { generation: number(3), revision: number(4) };
      return { kind, ...place, versionstamp, existed: number(5) !== 0 };
    }
    case 'refused': {
      const code = parseErrorCode(textOf(bytes(3)));
      if (code === undefined) throw malformed('an outcome with an unknown code');
      const message = boundedText(textOf(bytes(4)), LIMITS.refusalCharacters, 'a refusal');
      return { kind, session: number(1), sequence: asSequenceNumber(number(2)), code, message };
    }
  }
}

type MovingItem = StateFrozen | StateIncoming | KeptItem | ShardStart | ShardEnd;

function movingItemOf(kind: MovingItem['kind'], { number, bytes }: FoundFields): MovingItem {
  switch (kind) {
    case 'frozen':
      return { kind, shard: rangeOf(number(1), number(2), number(3)), to: idFromBytes(bytes(4)) };
    case 'incoming': {
      const shard = rangeOf(number(1), number(2), number(3));
      return { kind, shard, from: idFromBytes(bytes(4)), chunks: number(5) };
    }
    case 'kept':
      return { kind, client: idFromBytes(bytes(1)), finishedThrough: asSequenceNumber(number(2)) };
    case 'dropped':
      return { kind, client: idFromBytes(bytes(1)) };
    case 'start':
      checkVersion(number(1));
      return { kind, generation: number(2), shard: rangeOf(number(3), number(4), number(5)) };
    case 'end':
      return { kind, digest: boundedText(textOf(bytes(1)), DIGEST_CHARACTERS, 'a digest') };
  }
}

function rangeOf(first: number, last: number, epoch: number): ShardRange {
  if (first > last) throw malformed('a shard that ends before it begins');
  return { first: asSlot(first), last: asSlot(last), epoch };
}

function textOf(bytes: Uint8Array): string {
  return reading.decode(bytes);
}

function checkVersion(version: number): void {
  if (version === 0) throw malformed('a state without a schema version');
  if (version <= STATE_SCHEMA_VERSION) return;
  throw new ShardbearerError(
    'VERSION_UNSUPPORTED',
    `a state has schema version ${version}, this build reads up to ${STATE_SCHEMA_VERSION}: reload`,
  );
}

const DIGEST_CHARACTERS = 16;
const NO_BYTES: Uint8Array = new Uint8Array(0);
