/** Which faults there are: those that a seed may meet, and those that are counted. */

/** Happen now and then. */
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
] as const;

/** The same, where a bondsmith decides. */
export const GOVERNED_FAULT_KINDS = ['bondsmith-cut-off', 'order-down'] as const;

/** Of every world, too; its chance comes from a stream of its own. */
const DISK_HANGS = 'disk-hangs';

/** Counted as often as they happen. Losses of memory are counted by what came of them: not all are seen through. */
export const COUNTED_FAULT_KINDS = [
  ...TIMED_FAULT_KINDS,
  ...GOVERNED_FAULT_KINDS,
  DISK_HANGS,
  'kill-fetcher',
  'kill-sender',
  'kill-receiver',
  // While a shard was on its way.
  'bondsmith-cut-off-under-way',
  'order-down-under-way',
] as const;

/** Of every world. */
export const COMMON_FAULT_KINDS = [...TIMED_FAULT_KINDS, 'wipe', 'roll-back'] as const;

export const FAULT_KINDS = [...COMMON_FAULT_KINDS, ...GOVERNED_FAULT_KINDS] as const;

/** What has happened to a disk. */
export const LOSS_KINDS = ['wiped', 'wiped while it ran', 'corrupt', 'torn', 'rolled back'] as const;

export type CountedFaultKind = (typeof COUNTED_FAULT_KINDS)[number];

export type FaultKind = (typeof FAULT_KINDS)[number] | typeof DISK_HANGS;

export type LossKind = (typeof LOSS_KINDS)[number];
