/**
 * Linearizable reads (Ongaro's dissertation, §6.4). All reads between two calls of `take()` share one request, which
 * has the number of the first read. Any number of reads therefore costs one round of heartbeats.
 */
import { asLogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { RaftMessage } from '../../wire/raft/message.ts';
import { asReadNumber, type ReadGrant, type ReadNumber, type ReadOutcome } from '../contract.ts';
import { allVoters } from './membership.ts';
import {
  timestampInContext,
  numberInContext,
  type ConfirmedRead,
  type ReadRequest,
  readContext,
} from './read-index.ts';
import type { Replica } from './replica.ts';
import { broadcastHeartbeat } from './replication.ts';

/** Requests a read from the leader. Without a leader the read is abandoned. */
export function requestRead(replica: Replica, read: number): void {
  replica.openRead(read);
  if (replica.role === 'leader') {
    leadRead(replica, { replica: replica.id, read });
  } else if (replica.leader === undefined) {
    replica.abandonRead(read);
  } else {
    replica.send({ type: 'read-index', to: replica.leader, context: readContext(read) });
  }
}

/** Handles a follower's request for a read, at the leader. */
export function handleReadIndex(replica: Replica, message: RaftMessage): void {
  const read = numberInContext(message.context);
  if (read !== undefined) leadRead(replica, { replica: message.from, read });
}

/** Handles the leader's grant of a read, at a follower. */
export function handleReadIndexResponse(replica: Replica, message: RaftMessage): void {
  const read = numberInContext(message.context);
  if (read !== undefined) replica.grantRead({ request: { replica: replica.id, read }, index: message.index });
}

/** Handles an answer to a heartbeat, at the leader. The answer may carry the position of a read, and a timestamp. */
export function handleHeartbeatAnswer(replica: Replica, message: RaftMessage): void {
  const sentTick = timestampInContext(message.context);
  if (sentTick !== undefined) replica.lease.answered(message.from, sentTick);
  const position = numberInContext(message.context);
  if (position === undefined) return;
  replica.reads.acknowledge(message.from, position);
  grantConfirmed(replica);
}

/** Requests the postponed reads. The leader has committed in its term, so its commit index is valid for reads. */
export function grantPostponedReads(replica: Replica): void {
  const { postponed } = replica.reads;
  replica.reads.postponed = [];
  for (const request of postponed) leadRead(replica, request);
}

function leadRead(replica: Replica, request: ReadRequest): void {
  if (!replica.committedInTerm) {
    replica.reads.postponed.push(request);
    return;
  }
  if (replica.options.reads === 'lease' && replica.lease.isValid(replica.tracker.membership)) {
    grant(replica, { request, index: replica.log.committed });
    return;
  }
  replica.reads.add(request, replica.log.committed);
  confirm(replica);
}

function confirm(replica: Replica): void {
  replica.reads.acknowledgeSelf(replica.id);
  const voters = allVoters(replica.tracker.membership);
  if (voters.length === 1 && voters[0] === replica.id) grantConfirmed(replica);
  else broadcastHeartbeat(replica);
}

/** Grants the reads that a quorum of the current membership has confirmed, at the leader. */
export function grantConfirmed(replica: Replica): void {
  for (const read of replica.reads.takeConfirmed(replica.tracker.membership)) grant(replica, read);
}

function grant(replica: Replica, read: ConfirmedRead): void {
  if (read.request.replica === replica.id) {
    replica.grantRead(read);
    return;
  }
  replica.send({
    type: 'read-index-response',
    to: read.request.replica,
    index: read.index,
    context: readContext(read.request.read),
  });
}

export class ReadBatcher {
  /** Reads that `add` accepted since the last call of `ask`. */
  gathered: ReadNumber[] = [];
  readonly #behind = new Map<number, readonly ReadNumber[]>();
  #waitingCount = 0;
  #lastRead = 0;

  add(): ReadOutcome {
    if (this.#waitingCount >= LIMITS.raft.pendingReads) return { kind: 'rejected', reason: 'overloaded' };
    this.#lastRead++;
    const read = asReadNumber(this.#lastRead);
    this.gathered.push(read);
    this.#waitingCount++;
    return { kind: 'accepted', read };
  }

  /** Requests the gathered reads. Returns the reads that cannot be requested, because this replica no longer leads. */
  ask(replica: Replica): readonly ReadNumber[] {
    const reads = this.gathered;
    const question = reads[0];
    if (question === undefined) return reads;
    this.gathered = [];
    if (replica.role !== 'leader') {
      this.#waitingCount -= reads.length;
      return reads;
    }
    this.#behind.set(question, reads);
    requestRead(replica, question);
    return [];
  }

  granted({ request, index }: ConfirmedRead): readonly ReadGrant[] {
    return this.#answered(request.read).map((read) => ({ read, index: asLogIndex(index) }));
  }

  abandoned(question: number): readonly ReadNumber[] {
    return this.#answered(question);
  }

  #answered(question: number): readonly ReadNumber[] {
    const reads = this.#behind.get(question) ?? [];
    this.#behind.delete(question);
    this.#waitingCount -= reads.length;
    return reads;
  }
}
