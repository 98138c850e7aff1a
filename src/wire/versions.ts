/** Versions that this build speaks, writes and reads. */
export const PROTOCOL_VERSION_MINIMUM = 1;
export const PROTOCOL_VERSION_MAXIMUM = 1;
/** Newest version of the schema of log entries: 2 brought targets for members, 3 shards on their way and decisions. Each entry names the oldest that has all of it. */
export const ENTRY_SCHEMA_VERSION = 3;
/** Version of the schema of a state's chunks: 2 brought shards on their way, 3 which sessions each shard knows. */
export const STATE_SCHEMA_VERSION = 3;
/** The same of the state of the bondsmith's order. */
export const CONFIGURATION_STATE_SCHEMA_VERSION = 1;
/** Version of a radiant's database; a newer one on disk is `STORAGE_TOO_NEW`. */
export const STORAGE_FORMAT_VERSION = 1;
