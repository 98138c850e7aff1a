import type { RadiantId } from '../../wire/identifiers.ts';

const RADIANT_PREFIX = 'shardbearer-radiant-';

/** Name of the device's registry. */
export const DEVICE_DATABASE_NAME = 'shardbearer-device';

export function radiantDatabaseName(radiant: RadiantId): string {
  return `${RADIANT_PREFIX}${radiant}`;
}

/** Name of the empty database that exists only during a sweep (disk-sweep.ts). */
export function scratchDatabaseName(radiant: RadiantId): string {
  return `${radiantDatabaseName(radiant)}-scratch`;
}

/** Whether the name is that of a radiant's database or its scratch database. */
export function isRadiantDatabaseName(name: string): boolean {
  return name.startsWith(RADIANT_PREFIX);
}
