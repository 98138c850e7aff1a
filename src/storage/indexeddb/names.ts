import type { RadiantId } from '../../wire/identifiers.ts';

const RADIANT_PREFIX = 'shardbearer-radiant-';

/** The registry of the device, shared by all its tabs. */
export const DEVICE_DATABASE_NAME = 'shardbearer-device';

/** The database of one radiant. */
export function radiantDatabaseName(radiant: RadiantId): string {
  return `${RADIANT_PREFIX}${radiant}`;
}

/** An empty database that exists only during a sweep (disk-sweep.ts). */
export function scratchDatabaseName(radiant: RadiantId): string {
  return `${radiantDatabaseName(radiant)}-scratch`;
}

/** Whether the name is that of a radiant's database or its scratch database. */
export function isRadiantDatabaseName(name: string): boolean {
  return name.startsWith(RADIANT_PREFIX);
}
