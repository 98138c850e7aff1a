/** What others may read of a core's parts; only the core writes them. */
import type { RaftLog } from './log.ts';
import type { Tracker } from './tracker.ts';

export type LogView = Pick<
  RaftLog,
  | 'firstIndex'
  | 'lastIndex'
  | 'lastPlace'
  | 'committed'
  | 'applied'
  | 'unflushed'
  | 'hasPendingSnapshot'
  | 'bytes'
  | 'slice'
  | 'termAt'
  | 'changesMembership'
>;

export type TrackerView = Pick<Tracker, 'membership' | 'members' | 'progressOf'>;
