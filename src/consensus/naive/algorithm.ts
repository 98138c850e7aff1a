/**
 * Primary copy, for teaching and unsafe by design. The reachable replica with the smallest id is the primary. It
 * acknowledges a write once its own disk has it, and it answers a read from its own state at once. This is correct
 * without faults. A partition makes two primaries, and each loses the writes of the other.
 */
import { malformed } from '../../wire/decoding.ts';
import { InvalidArgumentError, StorageLostError } from '../../wire/errors.ts';
import type { Position } from '../../wire/frames/frame.ts';
import { asLogIndex, type ReplicaId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import { decodeRaftEntry, decodeRaftMessage, encodeRaftEntry, encodeRaftMessage } from '../../wire/raft/raft-codec.ts';
import { EMPTY_RAFT_MESSAGE, type RaftEntry, type RaftMessageType } from '../../wire/raft/message.ts';
import * as contract from '../contract.ts';

export const naive: contract.ConsensusAlgorithm = {
  name: 'naive',
  changesMembership: false,
  guarantees: { linearizable: false, survivesMinorityLoss: false },
  create: (options) => new PrimaryCopy(options),
};

const UNSUPPORTED = { kind: 'rejected', reason: 'unsupported' } as const;

/** One replica. It keeps its whole log and sends every entry. It has no compaction, snapshots or elections. */
class PrimaryCopy implements contract.Consensus {
  readonly compactionPoint = () => undefined;
  readonly compact = () => asLogIndex(0);
  readonly hasCatchingUpFollower = () => false;
  readonly snapshotFetched = () => undefined;
  readonly applied = () => undefined;
  readonly transfer = () => UNSUPPORTED;
  readonly abstain = () => undefined;
  readonly onLateTick = () => undefined;
  readonly onClockGap = () => undefined;
  readonly matchIndex = () => undefined;
  readonly #options: contract.ConsensusOptions;
  readonly #entries: RaftEntry[];
  /** Ticks since the last message of each other replica. */
  readonly #silence = new Map<ReplicaId, number>();
  /** Index of the next entry to send to each other replica. */
  readonly #next = new Map<ReplicaId, number>();
  readonly #writing: { number: number; last: number }[] = [];
  #birth: boolean;
  #submitted: number;
  #flushed: number;
  #handedOut = 0;
  #lastPersist = 0;
  #lastRead = 0;
  #ticks = 0;
  #term = 0;
  #leader: ReplicaId | undefined;
  readonly #messages: contract.OutgoingMessage[] = [];
  readonly #reads: contract.ReadGrant[] = [];

  constructor(options: contract.ConsensusOptions) {
    this.#options = options;
    this.#birth = options.durable.state === undefined;
    this.#entries = options.durable.log.entries.map(decodeRaftEntry);
    if (this.#entries.some(({ index }, at) => index !== at + 1)) throw new StorageLostError('The log has gaps.');
    this.#submitted = this.#flushed = this.#entries.length;
    for (const replica of options.firstMembership.voters) {
      if (replica !== options.replica) this.#silence.set(replica, 0);
    }
    this.#electSmallest();
  }

  tick(): void {
    for (const [replica, ticks] of this.#silence) this.#silence.set(replica, ticks + 1);
    this.#electSmallest();
    this.#ticks++;
    if (this.#ticks % this.#options.heartbeatTicks !== 0) return;
    for (const replica of this.#silence.keys()) this.#send('heartbeat', replica, this.#entries.length, []);
  }

  receive(from: ReplicaId, bytes: Uint8Array): void {
    const message = decodeRaftMessage(bytes);
    if (message.from !== from || message.to !== this.#options.replica) throw malformed('a message of another replica');
    if (!this.#silence.has(from)) return;
    this.#silence.set(from, 0);
    this.#electSmallest();
    if (message.type === 'append') {
      // This is the flaw of the algorithm. This replica keeps its existing entries, even if the primary has other
      // entries at these indexes.
      for (const entry of message.entries) if (entry.index === this.#entries.length + 1) this.#entries.push(entry);
      this.#send('append-response', from, this.#entries.length, []);
    } else if (this.#leads()) {
      // An `append-response` and a `heartbeat` both carry the last index of their sender. The primary sends missing
      // entries again, because the first message may be lost.
      if (message.type === 'append-response') this.#next.set(from, message.index + 1);
      else if (message.index < this.#entries.length) this.#replicate(from, message.index + 1);
    }
  }

  persisted(number: contract.PersistNumber): void {
    for (let batch = this.#writing[0]; batch !== undefined && batch.number <= number; batch = this.#writing[0]) {
      this.#flushed = batch.last;
      this.#writing.shift();
    }
  }

  propose(payload: Uint8Array): contract.ProposalOutcome {
    if (payload.length === 0) throw new InvalidArgumentError('The proposal is empty. Pass at least one byte.');
    if (!this.#leads()) return { kind: 'rejected', reason: 'not-leader' };
    const index = asLogIndex(this.#entries.length + 1);
    this.#entries.push({ term: 0, index, kind: 'normal', payload });
    return { kind: 'accepted', index };
  }

  read(): contract.ReadOutcome {
    if (!this.#leads()) return { kind: 'rejected', reason: 'not-leader' };
    const read = contract.asReadNumber(++this.#lastRead);
    this.#reads.push({ read, index: asLogIndex(this.#flushed) });
    return { kind: 'accepted', read };
  }

  reportUnreachable(replica: ReplicaId): void {
    if (this.#silence.has(replica)) this.#silence.set(replica, Number.POSITIVE_INFINITY);
    this.#electSmallest();
  }

  reconcile(target: contract.Membership): contract.TargetOutcome {
    const wanted = [...target.voters].sort((left, right) => left - right).join();
    const reached = target.learners.length === 0 && wanted === this.#voters().join();
    return reached ? { kind: 'reached' } : UNSUPPORTED;
  }

  take(): contract.Work | undefined {
    if (this.#leads()) for (const [replica, next] of this.#next) this.#replicate(replica, next);
    const entries = this.#entries.slice(this.#submitted);
    const [first] = entries;
    let persist: contract.Work['persist'];
    if (first !== undefined || this.#birth) {
      this.#lastPersist++;
      persist = {
        number: contract.asPersistNumber(this.#lastPersist),
        // This byte only marks that the replica was started once. All other durable state is in the log.
        state: this.#birth ? new Uint8Array([1]) : undefined,
        snapshot: undefined,
        log: first && { firstIndex: first.index, entries: entries.map(encodeRaftEntry) },
      };
      this.#submitted = this.#entries.length;
      this.#writing.push({ number: this.#lastPersist, last: this.#submitted });
      this.#birth = false;
    }
    const committed = this.#entries.slice(this.#handedOut, this.#flushed);
    this.#handedOut = this.#flushed;
    const [messages, reads] = [this.#messages.splice(0), this.#reads.splice(0)];
    if (persist === undefined && messages.length + committed.length + reads.length === 0) return undefined;
    return { persist, messages, committed, reads, abandonedReads: [], fetch: undefined };
  }

  status(): contract.ConsensusStatus {
    return {
      role: this.#leads() ? 'leader' : 'follower',
      leader: this.#leader,
      term: this.#term,
      committed: asLogIndex(this.#flushed),
      lastIndex: asLogIndex(this.#entries.length),
      membership: { voters: this.#voters(), learners: [] },
      outgoingVoters: [],
    };
  }

  position(): Position {
    return { voteEpoch: 0, index: this.#flushed, committedIndex: this.#flushed };
  }

  #leads(): boolean {
    return this.#leader === this.#options.replica;
  }

  #voters(): readonly ReplicaId[] {
    return [...this.#silence.keys(), this.#options.replica].sort((left, right) => left - right);
  }

  #electSmallest(): void {
    let leader = this.#options.replica;
    for (const [replica, ticks] of this.#silence) {
      if (ticks < this.#options.electionTicks && replica < leader) leader = replica;
    }
    if (leader === this.#leader) return;
    this.#leader = leader;
    this.#term++;
    this.#next.clear();
  }

  #replicate(to: ReplicaId, next: number): void {
    let end = next - 1;
    for (let bytes = 0; end < this.#entries.length && bytes < LIMITS.raft.appendBytes; end++) {
      bytes += this.#entries[end]?.payload.length ?? 0;
    }
    if (end < next) return;
    this.#send('append', to, next - 1, this.#entries.slice(next - 1, end));
    this.#next.set(to, end + 1);
  }

  #send(type: RaftMessageType, to: ReplicaId, index: number, entries: readonly RaftEntry[]): void {
    const from = this.#options.replica;
    const message = encodeRaftMessage({ ...EMPTY_RAFT_MESSAGE, type, from, to, index: asLogIndex(index), entries });
    this.#messages.push({ to, message, urgent: entries.length === 0 });
  }
}
