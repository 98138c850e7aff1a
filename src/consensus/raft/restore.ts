/** Checks the content of a replica's disk before it is used. */
import { StorageLostError } from '../../wire/errors.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import { decodeRaftEntry, decodeRaftHardState } from '../../wire/raft/raft-codec.ts';
import type { RaftEntry, RaftHardState, RaftMembership } from '../../wire/raft/message.ts';
import type { ConsensusOptions, DurableState, Membership } from '../contract.ts';
import { readCompactionPoint } from './compaction.ts';
import type { EntryId } from './log.ts';
import { MembershipHistory, simpleMembership } from './membership.ts';
import { PRODUCTION } from './options.ts';
import { type RaftStart, Replica } from './replica.ts';
import { offeredSnapshot } from './snapshots.ts';

const INITIAL_HARD_STATE: RaftHardState = { term: 0, vote: undefined, commit: asLogIndex(0) };

interface RestoredReplica {
  readonly replica: Replica;
  readonly memberships: MembershipHistory;
  readonly hardState: RaftHardState;
}

/** @throws {StorageLostError} `STORAGE_LOST` if the content of the disk shows that data is damaged or missing */
export function restore(options: ConsensusOptions): RestoredReplica {
  const { replica: id, heartbeatTicks, electionTicks, random, durable, firstMembership } = options;
  const start = checkedStart(durable, firstMembership);
  const memberships = new MembershipHistory(start.applied, start.membership);
  const snapshot = () => offeredSnapshot(replica.log, memberships, options.snapshot);
  const replica = new Replica({ ...PRODUCTION, replica: id, heartbeatTicks, electionTicks, random, snapshot }, start);
  return { replica, memberships, hardState: start.hardState };
}

/**
 * @throws {StorageLostError} `STORAGE_LOST` if a record is unreadable or missing, the log has gaps, or the log is
 * shorter than its commit index
 */
function checkedStart(durable: DurableState, firstMembership: Membership): RaftStart {
  try {
    const state = durable.state === undefined ? INITIAL_HARD_STATE : decodeRaftHardState(durable.state);
    const { place: base, membership } = beginningOf(durable, firstMembership);
    const entries = durable.log.entries.map(decodeRaftEntry);
    checkLog(durable.log.firstIndex, entries, base);
    const term = entries.at(-1)?.term ?? base.term;
    if (term > state.term)
      throw new StorageLostError(`The log has term ${term}, but the state has term ${state.term}.`);
    // The checkpoint may be newer than the state, because the commit index is not written with every entry.
    const hardState = { ...state, commit: asLogIndex(Math.max(state.commit, base.index)) };
    const later = entries.filter(({ index }) => index > base.index);
    const lastIndex = base.index + later.length;
    if (hardState.commit > lastIndex) {
      throw new StorageLostError(`Entries up to ${hardState.commit} were committed, but the log ends at ${lastIndex}.`);
    }
    // Even a replica without a stored state counts as restarted. An earlier boot may have answered heartbeats before
    // its state was flushed.
    return { hardState, base, entries: later, applied: base.index, membership, isFirst: false };
  } catch (error) {
    if (error instanceof StorageLostError) throw error;
    throw new StorageLostError('A record of the log, the state or the checkpoint is unreadable.', { cause: error });
  }
}

function beginningOf(
  { state, compactionPoint, log }: DurableState,
  { voters, learners }: Membership,
): { readonly place: EntryId; readonly membership: RaftMembership } {
  if (state === undefined && (compactionPoint !== undefined || log.entries.length > 0)) {
    throw new StorageLostError('The state is missing, although a log or a checkpoint exists.');
  }
  if (compactionPoint !== undefined) return readCompactionPoint(compactionPoint);
  return { place: { index: 0, term: 0 }, membership: simpleMembership(voters, learners) };
}

function checkLog(firstIndex: number, entries: readonly RaftEntry[], base: EntryId): void {
  const last = entries.at(-1);
  if (last === undefined) return;
  if (firstIndex > base.index + 1) throw new StorageLostError(`The entries before ${firstIndex} are missing.`);
  if (last.index < base.index) throw new StorageLostError(`The log ends before its checkpoint at ${base.index}.`);
  let term = firstIndex > base.index ? base.term : 0;
  entries.forEach((entry, at) => {
    const index = firstIndex + at;
    if (entry.index !== index) throw new StorageLostError(`The log has entry ${entry.index} at index ${index}.`);
    if (entry.term < term) throw new StorageLostError(`The term of entry ${index} is lower than the term before.`);
    if (index === base.index && entry.term !== base.term) {
      throw new StorageLostError(
        `Entry ${index} has term ${entry.term}, but the checkpoint there has term ${base.term}.`,
      );
    }
    term = entry.term;
  });
}
