/** Heartbeats: the leader is there, and who answers confirms it. */
import { StorageLostError } from '../../wire/errors.ts';
import type { RaftMessage } from '../../wire/raft/message.ts';
import { datedContext } from './read-index.ts';
import type { Replica } from './replica.ts';

/** Leader: to everyone, with the position of the newest waiting read, and under a lease with the date. */
export function broadcastHeartbeat(replica: Replica): void {
  const context =
    replica.options.reads === 'lease'
      ? datedContext(replica.reads.newest, replica.lease.now)
      : replica.reads.heartbeatContext();
  for (const progress of replica.tracker.members) {
    if (progress.replica === replica.id) continue;
    // A follower must not be told to commit beyond what it is known to share with the leader.
    const commit = Math.min(progress.match, replica.log.committed);
    replica.send({ type: 'heartbeat', to: progress.replica, commit, context });
    progress.sentCommit(commit);
  }
}

/**
 * Follower: the leader lives, and knows this replica to have flushed the log up to `message.commit`.
 * @throws {StorageLostError} `STORAGE_LOST` where it has not: its disk has forgotten
 */
export function handleHeartbeat(replica: Replica, message: RaftMessage): void {
  if (message.commit > replica.log.lastIndex) {
    throw new StorageLostError('the leader holds acknowledgements of this replica for entries that are not in its log');
  }
  replica.log.commitTo(message.commit);
  replica.send({ type: 'heartbeat-response', to: message.from, context: message.context });
}
