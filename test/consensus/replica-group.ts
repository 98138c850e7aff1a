/** Replicas of one group with any options. They flush and apply everything at once. */
import { applied, flushed, hasReady, takeReady, type Ready } from '../../src/consensus/raft/ready.ts';
import { applyChange } from '../../src/consensus/raft/reconfiguration.ts';
import { propose } from '../../src/consensus/raft/replication.ts';
import { step } from '../../src/consensus/raft/step.ts';
import { startElection } from '../../src/consensus/raft/election.ts';
import { tick } from '../../src/consensus/raft/tick.ts';
import { Replica } from '../../src/consensus/raft/replica.ts';
import { simpleMembership } from '../../src/consensus/raft/membership.ts';
import { PRODUCTION, type RaftOptions } from '../../src/consensus/raft/options.ts';
import { asLogIndex, asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';
import { decodeMembershipChange, encodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import type {
  MembershipChange,
  RaftEntry,
  RaftMembership,
  RaftMessage,
  RaftSnapshot,
} from '../../src/wire/raft/message.ts';
import { must } from './must.ts';
import { seededRandom } from './random.ts';

export const ELECTION_TICKS = 10;

/** The behaviour of etcd/raft. The limits are so high that no test reaches one by accident. */
export const DEFAULTS: Omit<RaftOptions, 'replica' | 'random' | 'snapshot'> = {
  ...PRODUCTION,
  heartbeatTicks: 1,
  electionTicks: ELECTION_TICKS,
  sendCommitToCandidates: false,
  sendCommitAtOnce: true,
  appendBytes: 1_000_000,
  inflight: { messages: 64, bytes: 1_000_000 },
  uncommittedBytes: 1_000_000,
  applyingBytes: 1_000_000,
};

export class Member {
  readonly id: ReplicaId;
  readonly replica: Replica;
  readonly applied: RaftEntry[] = [];
  readonly grantedReads: number[] = [];
  readonly abandonedReads: number[] = [];
  /** Whether the member applies the entries that are handed out. */
  applies = true;
  membership: RaftMembership;

  constructor(id: ReplicaId, membership: RaftMembership, options: Partial<RaftOptions>, random: () => number) {
    this.id = id;
    this.membership = membership;
    const start = { term: 0, vote: undefined, commit: asLogIndex(0) };
    this.replica = new Replica(
      { ...DEFAULTS, replica: id, random, snapshot: () => this.#snapshot(), ...options },
      { hardState: start, base: { index: 0, term: 0 }, entries: [], applied: 0, membership, isFirst: true },
    );
  }

  texts(): string[] {
    return this.applied
      .filter(({ kind, payload }) => kind === 'normal' && payload.length > 0)
      .map(({ payload }) => new TextDecoder().decode(payload));
  }

  propose(...texts: readonly string[]): boolean {
    return propose(
      this.replica,
      texts.map((text) => ({ kind: 'normal', payload: new TextEncoder().encode(text) })),
    );
  }

  change(change: Omit<MembershipChange, 'context'>): boolean {
    const payload = encodeMembershipChange({ ...change, context: new Uint8Array(0) });
    return propose(this.replica, [{ kind: 'membership', payload }]);
  }

  /** Handles each `Ready`, and returns the messages to send. */
  take(): readonly RaftMessage[] {
    const leaving: RaftMessage[] = [];
    while (hasReady(this.replica)) {
      const ready = takeReady(this.replica);
      leaving.push(...ready.messages);
      for (const message of ready.messagesAfterFlush) {
        if (message.to === this.id) step(this.replica, message);
        else leaving.push(message);
      }
      if (ready.snapshot !== undefined) this.applied.length = 0;
      if (ready.flushPoint !== undefined) flushed(this.replica, ready.flushPoint);
      this.#apply(ready);
    }
    return leaving;
  }

  applyAll(): void {
    this.applies = true;
    const last = this.applied.at(-1);
    if (last !== undefined) applied(this.replica, last.index);
  }

  #apply({ committed, reads, abandonedReads }: Ready): void {
    for (const entry of committed) {
      this.applied.push(entry);
      if (entry.kind !== 'membership') continue;
      this.membership = applyChange(this.replica, decodeMembershipChange(entry.payload));
    }
    const last = committed.at(-1);
    if (last !== undefined && this.applies) applied(this.replica, last.index);
    this.grantedReads.push(...reads.map(({ request }) => request.read));
    this.abandonedReads.push(...abandonedReads);
  }

  #snapshot(): RaftSnapshot | undefined {
    const last = this.applied.at(-1);
    const { membership } = this;
    return last && { index: last.index, term: last.term, membership, payload: new Uint8Array(0) };
  }
}

export class ReplicaGroup {
  readonly members: readonly Member[];
  inFlight: RaftMessage[] = [];
  /** Returns false for each message that is lost. */
  passes: (message: RaftMessage) => boolean = () => true;
  /** All messages that were sent, including lost ones. */
  readonly sent: RaftMessage[] = [];

  constructor(size: number, options: Partial<RaftOptions> = {}, voters = size) {
    const random = seededRandom(1);
    const ids = Array.from({ length: size }, (_, at) => asReplicaId(at + 1));
    const membership = simpleMembership(ids.slice(0, voters), []);
    this.members = ids.map((id) => new Member(id, membership, options, random));
  }

  member(id: number): Member {
    const member = this.members[id - 1];
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  /** Isolates a member: all messages from and to it are lost. */
  isolate(id: number): void {
    this.passes = ({ from, to }) => from !== id && to !== id;
  }

  heal(): void {
    this.passes = () => true;
  }

  collect(): void {
    for (const member of this.members) {
      const leaving = member.take();
      this.sent.push(...leaving);
      this.inFlight.push(...leaving);
    }
  }

  /** Delivers messages until no work and no message is left. */
  settle(): void {
    this.collect();
    for (let rounds = 0; this.inFlight.length > 0; rounds++) {
      must(rounds < 10_000, 'a group settles');
      const messages = this.inFlight;
      this.inFlight = [];
      for (const message of messages) if (this.passes(message)) step(this.member(message.to).replica, message);
      this.collect();
    }
  }

  tick(count = 1): void {
    for (let at = 0; at < count; at++) {
      for (const { replica } of this.members) tick(replica);
      this.settle();
    }
  }

  elect(id: number): Member {
    const member = this.member(id);
    startElection(member.replica);
    this.settle();
    must(member.replica.role === 'leader', 'the only candidate is elected');
    return member;
  }

  /** Types of the messages since the last call, without heartbeats. */
  takeTypes(): string[] {
    const types = this.sent.map(({ type }) => type).filter((type) => !type.startsWith('heartbeat'));
    this.sent.length = 0;
    return types;
  }
}
