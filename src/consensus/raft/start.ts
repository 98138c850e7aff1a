/** What a replica begins with: what its disk holds. */
import type { RaftEntry, RaftHardState, RaftMembership } from '../../wire/raft/message.ts';
import type { LogPlace } from './log.ts';

export interface RaftStart {
  readonly hardState: RaftHardState;
  /** The last place that is forgotten; index 0: nothing is. */
  readonly base: LogPlace;
  /** What follows it. */
  readonly entries: readonly RaftEntry[];
  /** How far the entries are applied already; not before `base`. */
  readonly applied: number;
  /** In force at `applied`. */
  readonly membership: RaftMembership;
  /** No replica of this id ever answered a heartbeat. Where that is not known for sure: false. */
  readonly isFirst: boolean;
}
