/** What a replica finds on its disk, checked before it is believed. */
import { StorageLostError } from '../../wire/errors.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import { decodeRaftEntry, decodeRaftHardState } from '../../wire/raft-codec.ts';
import type { RaftEntry, RaftHardState } from '../../wire/raft-message.ts';
import type { DurableState } from '../contract.ts';

export interface Restored {
  readonly hardState: RaftHardState;
  readonly entries: readonly RaftEntry[];
}

/**
 * @throws {StorageLostError} `STORAGE_LOST` where the records cannot be what this replica wrote:
 * unreadable, with gaps, or a log that is shorter than what was known to be committed
 */
export function restore(durable: DurableState): Restored {
  try {
    const hardState: RaftHardState =
      durable.state === undefined
        ? { term: 0, vote: undefined, commit: asLogIndex(0) }
        : decodeRaftHardState(durable.state);
    const entries = durable.log.map(decodeRaftEntry);
    check(hardState, entries);
    return { hardState, entries };
  } catch (error) {
    if (error instanceof StorageLostError) throw error;
    throw new StorageLostError('a record of the log or its state cannot be read', { cause: error });
  }
}

function check(hardState: RaftHardState, entries: readonly RaftEntry[]): void {
  let term = 0;
  entries.forEach((entry, at) => {
    if (entry.index !== at + 1) throw new StorageLostError(`entry ${entry.index} stands in the log's place ${at + 1}`);
    if (entry.term < term) throw new StorageLostError(`the log's terms shrink at entry ${entry.index}`);
    term = entry.term;
  });
  if (term > hardState.term) throw new StorageLostError(`the log has term ${term}, its state ${hardState.term}`);
  if (hardState.commit > entries.length) {
    throw new StorageLostError(`${hardState.commit} entries were committed, the log has ${entries.length}`);
  }
}
