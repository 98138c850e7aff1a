import type { Configuration } from '../configuration/configuration.ts';
import type { FoundingRecord as FoundingMessage } from '../generated/shardbearer.ts';

export type {
  CheckpointRecord,
  ChunkOrigin,
  DepartureRecord,
  GroupRecord,
  IdentityRecord,
  IncomingRecord,
  LogRecord,
  SeenRecord,
} from '../generated/shardbearer.ts';

/**
 * The founder's record of the founding. It is flushed before the founder answers its first beacon (design, rule 12).
 */
export interface FoundingRecord extends Omit<FoundingMessage, 'configuration'> {
  /**
   * Configuration 1. Undefined while the founder collects beacons. A tab that finds a record without a configuration
   * continues the founding.
   */
  readonly configuration: Configuration | undefined;
}
