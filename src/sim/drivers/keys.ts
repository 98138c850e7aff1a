/** The keys that applications use in simulated worlds. */

export interface Keys {
  /** Keys that are only appended to. At the end, each key holds every acknowledged append exactly once. */
  readonly appended: readonly string[];
  readonly mixed: readonly string[];
}

/** Keys for many collisions between calls. */
export const FEW_KEYS: Keys = { appended: ['log/a', 'log/b'], mixed: ['x', 'y', '{z}1'] };
/** Two keys in each eighth of the ring. */
export const SPREAD_KEYS: Keys = {
  appended: ['log/2', 'log/10', 'log/3', 'log/11', 'log/0', 'log/12', 'log/1', 'log/13'],
  mixed: ['x3', 'x40', 'x2', 'x41', 'x1', 'x42', 'x0', 'x43'],
};

/** Keys with values so large that a log does not fit into one message. */
export const BULK_KEYS = ['bulk/1', 'bulk/2', 'bulk/3', 'bulk/4', 'bulk/5', 'bulk/6', 'bulk/7', 'bulk/8'] as const;

export function isBulkKey(key: string): boolean {
  return BULK_KEYS.some((bulk) => bulk === key);
}
