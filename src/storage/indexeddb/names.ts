import type { RadiantId } from '../../wire/identifiers.ts';

const RADIANT_PREFIX = 'shardbearer-radiant-';

export const DEVICE_DATABASE_NAME = 'shardbearer-device';

export function radiantDatabaseName(radiant: RadiantId): string {
  return `${RADIANT_PREFIX}${radiant}`;
}

/** Name of the empty database that exists only during a sweep (disk-sweep.ts). */
export function scratchDatabaseName(radiant: RadiantId): string {
  return `${radiantDatabaseName(radiant)}-scratch`;
}

export function isRadiantDatabaseName(name: string): boolean {
  return name.startsWith(RADIANT_PREFIX);
}
