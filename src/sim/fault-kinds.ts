/** Kinds of faults that a seed may draw, and kinds that are counted. */

/** Faults at random times. */
const TIMED_FAULT_KINDS = [
  'partition',
  'one-way-partition',
  'link-cut',
  'kill',
  'kill-all',
  'kill-herald',
  'kill-bondsmith',
  'close',
  'freeze',
  'slow-timers',
  'clock-gap',
  'disk-error',
  'disk-full',
  'slow-disk',
  'signaling-outage',
  'bondsmith-cut-off',
  'order-down',
] as const;

/** A fault whose times come from a random stream of its own, so that other draws do not depend on it. */
const DISK_HANGS = 'disk-hangs';

/** Kinds that are counted once for each fault. Losses of memory are counted by their outcome. */
export const COUNTED_FAULT_KINDS = [
  ...TIMED_FAULT_KINDS,
  DISK_HANGS,
  'kill-fetcher',
  'kill-sender',
  'kill-receiver',
  // These faults struck while a shard was moving.
  'bondsmith-cut-off-under-way',
  'order-down-under-way',
] as const;

export const FAULT_KINDS = [...TIMED_FAULT_KINDS, 'wipe', 'roll-back'] as const;

/** Ways in which a disk loses data. */
export const LOSS_KINDS = ['wiped', 'wiped while it ran', 'corrupt', 'torn', 'rolled back'] as const;

export type CountedFaultKind = (typeof COUNTED_FAULT_KINDS)[number];

export type FaultKind = (typeof FAULT_KINDS)[number] | typeof DISK_HANGS;

export type LossKind = (typeof LOSS_KINDS)[number];
