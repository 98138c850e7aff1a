/** Encodes, decodes and checks the chunks of the state of the bondsmith's order. */
import type { Configuration, ConfigurationChange } from './configuration.ts';
import { decodeAnyConfiguration, encodeConfiguration } from './configuration-codec.ts';
import { encodeMessage, FieldWriter } from '../field-writer.ts';
import { decodeMessage } from '../field-reader.ts';
import {
  type ConfigurationStateHead as HeadMessage,
  type ConfigurationStateItem as ItemMessage,
  readConfigurationStateChunk,
  writeConfigurationChange,
  writeConfigurationStateItem,
} from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';
import { checkChange } from './order-checks.ts';
import { CONFIGURATION_STATE_SCHEMA_VERSION } from '../versions.ts';

/** One item of the state of the bondsmith's order. The items of all chunks form one sequence. */
export type ConfigurationStateItem =
  /** The first item. It occurs once. */
  | ({ readonly kind: 'head' } & ConfigurationStateHead)
  /**
   * The second item, which occurs once. It holds the oldest configuration that the bondsmith keeps. Configuration 0
   * precedes the founding.
   */
  | { readonly kind: 'base'; readonly configuration: Configuration }
  | { readonly kind: 'change'; readonly change: ConfigurationChange };

export type ConfigurationStateHead = Omit<HeadMessage, 'kind' | 'schemaVersion'>;

export class ConfigurationStateWriter {
  readonly #writer = new FieldWriter();
  #bytes = 0;

  /** Bytes of the items that were added since the last `take`. */
  get bytes(): number {
    return this.#bytes;
  }

  add(item: ConfigurationStateItem): void {
    const bytes = encodeMessage(writeConfigurationStateItem, toMessage(item));
    this.#writer.bytes(1, bytes);
    this.#bytes += bytes.length;
  }

  /** Returns a chunk of all items that were added since the last call. */
  take(): Uint8Array {
    this.#bytes = 0;
    return this.#writer.take();
  }
}

/**
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` for a state of a newer build; `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
export function decodeConfigurationState(bytes: Uint8Array): readonly ConfigurationStateItem[] {
  const { snapshotChunkMaximumBytes } = LIMITS.snapshots;
  const { items } = decodeMessage('ConfigurationState', bytes, snapshotChunkMaximumBytes, readConfigurationStateChunk);
  return items.map(fromMessage);
}

/** Encodes one change. Equal changes have equal bytes. */
export function encodeChange(change: ConfigurationChange): Uint8Array {
  return encodeMessage(writeConfigurationChange, change);
}

function toMessage(item: ConfigurationStateItem): ItemMessage {
  switch (item.kind) {
    case 'head':
      return { ...item, schemaVersion: CONFIGURATION_STATE_SCHEMA_VERSION };
    case 'base':
      return { kind: 'base', configuration: encodeConfiguration(item.configuration) };
    case 'change':
      return item;
  }
}

function fromMessage(item: ItemMessage): ConfigurationStateItem {
  switch (item.kind) {
    case 'head': {
      const { kind, appliedIndex, logTimeMs, term } = item;
      return { kind, appliedIndex, logTimeMs, term };
    }
    case 'base':
      return { kind: 'base', configuration: decodeAnyConfiguration(item.configuration) };
    case 'change':
      checkChange(item.change);
      return item;
  }
}
