/** How a follower takes a snapshot in place of entries that its leader has no more (§7). */
import { assert } from '../../wire/assertion.ts';
import type { RaftMessage, RaftSnapshot } from '../../wire/raft-message.ts';
import type { Progress } from './progress.ts';
import type { Replica } from './replica.ts';
import { allMembers } from './membership.ts';

/** Follower: answers with how far its log reaches now, whether it took the snapshot or not. */
export function handleSnapshot(replica: Replica, message: RaftMessage): void {
  assert(message.snapshot !== undefined, 'a snapshot message holds a snapshot');
  const taken = restoreFrom(replica, message.snapshot);
  const index = taken ? replica.log.lastIndex : replica.log.committed;
  replica.send({ type: 'append-response', to: message.from, index });
}

/** Leader: the snapshot arrived, or did not. Either way the follower is probed after its next sign of life. */
export function snapshotSent(progress: Progress, arrived: boolean): void {
  if (progress.state !== 'snapshot') return;
  if (!arrived) progress.pendingSnapshot = 0;
  progress.becomeProbe();
  progress.flowPaused = true;
}

function restoreFrom(replica: Replica, snapshot: RaftSnapshot): boolean {
  const { log, tracker } = replica;
  if (snapshot.index <= log.committed) return false;
  assert(replica.role === 'follower', 'only a follower takes a snapshot');
  // Sent by mistake: a group that this replica is no member of is none of its business.
  if (!allMembers(snapshot.membership).includes(replica.id)) return false;
  if (log.holds(snapshot)) {
    // It has all these entries: knowing that they are committed is enough.
    log.commitTo(snapshot.index);
    return false;
  }
  log.restore(snapshot);
  const everyone = new Set(tracker.members.map((progress) => progress.replica));
  tracker.changeTo(snapshot.membership, everyone, Math.max(1, log.lastIndex));
  return true;
}
