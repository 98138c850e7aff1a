import type { RadiantId } from '../../wire/identifiers.ts';

const RADIANT_PREFIX = 'shardbearer-radiant-';

/** What this device knows of itself; shared by all of its tabs. */
export const DEVICE_DATABASE_NAME = 'shardbearer-device';

/** One radiant's own database. */
export function radiantDatabaseName(radiant: RadiantId): string {
  return `${RADIANT_PREFIX}${radiant}`;
}

/** Holds nothing, and is there for moments only (disk-sweep.ts). */
export function scratchDatabaseName(radiant: RadiantId): string {
  return `${radiantDatabaseName(radiant)}-scratch`;
}

/** Whether a database of this site is some radiant's, or a radiant's scratch. */
export function isRadiantDatabaseName(name: string): boolean {
  return name.startsWith(RADIANT_PREFIX);
}
