/** Pieces of the state of the bondsmith's order, as the schema's `ConfigurationStateChunk`. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Configuration, ConfigurationChange } from './configuration.ts';
import { anyConfigurationFromMessage, configurationToMessage } from './configuration-codec.ts';
import { decodeMessage, malformed } from '../decoding.ts';
import { ShardbearerError } from '../errors.ts';
import {
  ConfigurationChangeSchema,
  ConfigurationStateChunkSchema,
  type ConfigurationStateHead as HeadMessage,
  type ConfigurationStateItem as ItemMessage,
  ConfigurationStateItemSchema,
} from '../generated/shardbearer_pb.ts';
import { FieldWriter } from '../field-codec.ts';
import { asLogIndex, type LogIndex } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { changeFromMessage, changeToMessage } from './order-codec.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';
import { CONFIGURATION_STATE_SCHEMA_VERSION } from '../versions.ts';

/** What the pieces hold, one after another. */
export type ConfigurationStateItem =
  /** Comes first, once. */
  | ({ readonly kind: 'head' } & ConfigurationStateHead)
  /** The oldest configuration that is kept; the one before the founding has the number 0. Comes second, once. */
  | { readonly kind: 'base'; readonly configuration: Configuration }
  | { readonly kind: 'change'; readonly change: ConfigurationChange };

export interface ConfigurationStateHead {
  readonly appliedIndex: LogIndex;
  readonly logTimeMs: number;
  readonly term: number;
}

/** Packs items into pieces. */
export class ConfigurationStateWriter {
  readonly #writer = new FieldWriter();
  #bytes = 0;

  /** Bytes of the items since `take`. */
  get bytes(): number {
    return this.#bytes;
  }

  add(item: ConfigurationStateItem): void {
    const bytes = toBinary(
      ConfigurationStateItemSchema,
      create(ConfigurationStateItemSchema, { kind: toMessage(item) }),
    );
    this.#writer.element(1, bytes);
    this.#bytes += bytes.length;
  }

  /** A piece of what was added since the last call. */
  take(): Uint8Array {
    this.#bytes = 0;
    return this.#writer.take();
  }
}

/**
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for a state that a newer build wrote; `FRAME_MALFORMED`,
 * `FRAME_TOO_LARGE`
 */
export function decodeConfigurationState(bytes: Uint8Array): readonly ConfigurationStateItem[] {
  return decodeMessage(ConfigurationStateChunkSchema, bytes, LIMITS.snapshotPieceBytes, ({ items }) => {
    return items.map(({ kind }) => fromMessage(kind));
  });
}

/** A change by itself: its bytes are equal where changes are. */
export function encodeChange(change: ConfigurationChange): Uint8Array {
  return toBinary(ConfigurationChangeSchema, create(ConfigurationChangeSchema, changeToMessage(change)));
}

function toMessage(
  item: ConfigurationStateItem,
): NonNullable<MessageInitShape<typeof ConfigurationStateItemSchema>['kind']> {
  switch (item.kind) {
    case 'head': {
      const { appliedIndex, logTimeMs, term } = item;
      const numbers = { appliedIndex: uint64(appliedIndex), logTimeMs: uint64(logTimeMs), term: uint64(term) };
      return { case: 'head', value: { schemaVersion: uint64(CONFIGURATION_STATE_SCHEMA_VERSION), ...numbers } };
    }
    case 'base':
      return { case: 'base', value: configurationToMessage(item.configuration) };
    case 'change':
      return { case: 'change', value: changeToMessage(item.change) };
  }
}

function fromMessage(kind: ItemMessage['kind']): ConfigurationStateItem {
  switch (kind.case) {
    case 'head':
      return { kind: 'head', ...headFromMessage(kind.value) };
    case 'base':
      return { kind: 'base', configuration: anyConfigurationFromMessage(kind.value) };
    case 'change':
      return { kind: 'change', change: changeFromMessage(kind.value) };
    default:
      throw malformed('an item of a state that is of no kind');
  }
}

function headFromMessage({ schemaVersion, appliedIndex, logTimeMs, term }: HeadMessage): ConfigurationStateHead {
  if (schemaVersion === 0n) throw malformed('a state without a schema version');
  if (schemaVersion > CONFIGURATION_STATE_SCHEMA_VERSION) {
    throw new ShardbearerError(
      'VERSION_UNSUPPORTED',
      `a state has schema version ${schemaVersion}, this build reads up to ${CONFIGURATION_STATE_SCHEMA_VERSION}: reload`,
    );
  }
  return {
    appliedIndex: asLogIndex(safeInteger(appliedIndex)),
    logTimeMs: safeInteger(logTimeMs),
    term: safeInteger(term),
  };
}
