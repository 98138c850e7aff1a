/** How a leader hands its office to another replica (Ongaro's dissertation, §3.10). */
import type { ReplicaId } from '../../wire/identifiers.ts';
import type { Progress } from './progress.ts';
import type { Replica } from './replica.ts';
import { sendAppend } from './replication.ts';

/** Asks for it: a leader begins, a follower passes the target on to the leader that it knows. */
export function requestTransfer(replica: Replica, transferee: ReplicaId): void {
  if (replica.role === 'leader') {
    const progress = replica.tracker.progressOf(transferee);
    if (progress !== undefined) beginTransfer(replica, progress);
  } else if (replica.role === 'follower' && replica.leader !== undefined) {
    replica.send({ type: 'transfer-leader', from: transferee, to: replica.leader });
  }
}

/** Leader: until it is done, or an election time-out has passed, no proposals are taken. */
export function beginTransfer(replica: Replica, progress: Progress): void {
  if (progress.isLearner || replica.transferee === progress.replica) return;
  replica.transferee = undefined;
  if (progress.replica === replica.id) return;
  replica.electionElapsed = 0;
  replica.transferee = progress.replica;
  if (progress.match === replica.log.lastIndex) tellToStand(replica, progress);
  else sendAppend(replica, progress, true);
}

/** Leader: once its log is complete there, the transferee may stand. */
export function continueTransfer(replica: Replica, progress: Progress): void {
  if (replica.transferee === progress.replica && progress.match === replica.log.lastIndex) {
    tellToStand(replica, progress);
  }
}

function tellToStand(replica: Replica, progress: Progress): void {
  replica.lease.giveUp();
  replica.send({ type: 'timeout-now', to: progress.replica });
}
