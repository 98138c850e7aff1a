/** What a run of many seeds must have met: a simulator that became quiet somewhere is noticed by its zeros. */

/** What happens to logs, memberships and states. Seen in bytes and views, not told by the product. */
export const COVERED_KINDS = [
  'election',
  'pre-vote-refused',
  'leadership-transferred',
  'truncation',
  'simple-change',
  'joint-change',
  'checkpoint',
  'snapshot-offered',
  'snapshot-sent',
  'snapshot-installed',
  'snapshot-resumed',
] as const;

export type CoveredKind = (typeof COVERED_KINDS)[number];

export type CoverageListener = (kind: CoveredKind) => void;
