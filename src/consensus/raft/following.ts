/** How a follower takes its leader's log (§5.3). */
import type { RaftMessage } from '../../wire/raft/message.ts';
import type { Replica } from './replica.ts';

/** Takes entries of the leader of this term. */
export function handleAppend(replica: Replica, message: RaftMessage): void {
  const log = replica.log;
  if (message.index < log.committed) {
    // What is committed agrees with every leader: answer so, whatever else the message holds.
    replica.send({ type: 'append-response', to: message.from, index: log.committed });
    return;
  }
  const agreed = log.accept({ index: message.index, term: message.logTerm }, message.entries);
  if (agreed !== undefined) {
    log.commitTo(Math.min(message.commit, agreed));
    replica.send({ type: 'append-response', to: message.from, index: agreed });
    return;
  }
  const hint = log.lastPossibleAgreement(Math.min(message.index, log.lastIndex), message.logTerm);
  replica.send({
    type: 'append-response',
    to: message.from,
    index: message.index,
    reject: true,
    rejectHint: hint.index,
    logTerm: hint.term,
  });
}
