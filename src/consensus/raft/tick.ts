/** Advances the timeouts of a replica by one tick. */
import { startElection } from './election.ts';
import type { Replica } from './replica.ts';
import { broadcastHeartbeat } from './replication.ts';

export function tick(replica: Replica): void {
  replica.ticksSinceLeader++;
  replica.lease.tick();
  if (replica.role === 'leader') tickLeader(replica);
  else tickElection(replica);
}

function tickElection(replica: Replica): void {
  replica.electionElapsed++;
  if (!replica.promotable || !replica.pastElectionTimeout()) return;
  replica.electionElapsed = 0;
  startElection(replica);
}

function tickLeader(replica: Replica): void {
  replica.heartbeatElapsed++;
  replica.electionElapsed++;
  if (replica.electionElapsed >= replica.options.electionTicks) {
    replica.electionElapsed = 0;
    if (replica.options.checkQuorum) checkQuorum(replica);
    // The transfer has taken longer than an election timeout. This leader continues.
    replica.transferee = undefined;
  }
  if (replica.role !== 'leader' || replica.heartbeatElapsed < replica.options.heartbeatTicks) return;
  replica.heartbeatElapsed = 0;
  broadcastHeartbeat(replica);
}

/** Makes the leader step down if it got no answers from a quorum since the last check (§6.2). */
function checkQuorum(replica: Replica): void {
  if (!replica.tracker.quorumIsActive()) replica.becomeFollower(replica.term, undefined);
  for (const progress of replica.tracker.members) {
    if (progress.replica !== replica.id) progress.recentlyActive = false;
  }
}
