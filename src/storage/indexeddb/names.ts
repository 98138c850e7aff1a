import type { RadiantId } from '../../wire/identifiers.ts';

const RADIANT_PREFIX = 'shardbearer-radiant-';

/** What this device knows of itself; shared by all of its tabs. */
export const DEVICE_DATABASE_NAME = 'shardbearer-device';

/** One radiant's own database. */
export function radiantDatabaseName(radiant: RadiantId): string {
  return `${RADIANT_PREFIX}${radiant}`;
}

/** Whether a database of this site is some radiant's. */
export function isRadiantDatabaseName(name: string): boolean {
  return name.startsWith(RADIANT_PREFIX);
}
