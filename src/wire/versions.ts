/** Protocol versions that this build supports. */
export const PROTOCOL_VERSION_MINIMUM = 1;
export const PROTOCOL_VERSION_MAXIMUM = 1;
/**
 * Newest schema version of log entries. Version 2 added target memberships. Version 3 added shard moves and decisions.
 * Version 4 added conditions and appended elements. Version 5 added transactions, expiry and machines
 * of applications. Each entry names the oldest version that has all of its fields.
 */
export const ENTRY_SCHEMA_VERSION = 5;
/**
 * Schema version of the chunks of an order's state. Version 2 added shard moves. Version 3 added the sessions of each
 * shard. Version 4 added conflicts. Version 5 added recent changes, expiry, the locks and decisions of transactions, and
 * the replies of machines.
 */
export const STATE_SCHEMA_VERSION = 5;
/** Schema version of the state of the bondsmith's order. */
export const CONFIGURATION_STATE_SCHEMA_VERSION = 1;
/** Version of a radiant's database. Opening a newer database fails with `STORAGE_TOO_NEW`. */
export const STORAGE_FORMAT_VERSION = 1;
