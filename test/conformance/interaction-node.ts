/** One node of an interaction transcript, with its replica, its disk, and the work of its two threads. */
import { applied, flushed, takeReady, type Ready } from '../../src/consensus/raft/ready.ts';
import { applyChange } from '../../src/consensus/raft/reconfiguration.ts';
import { step } from '../../src/consensus/raft/step.ts';
import { PRODUCTION } from '../../src/consensus/raft/options.ts';
import { Replica } from '../../src/consensus/raft/replica.ts';
import type { ConfirmedRead } from '../../src/consensus/raft/read-index.ts';
import { asReplicaId, type ReplicaId } from '../../src/wire/identifiers.ts';
import { decodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import type { RaftEntry, RaftHardState, RaftMessage, RaftSnapshot } from '../../src/wire/raft/message.ts';
import { describeReady, NOTHING_WRITTEN, quoted, written, type Written } from './description.ts';
import type { StableStorage } from './stable-storage.ts';

/** A message between replicas, or the report that a thread has completed its work. */
export interface Envelope {
  readonly to: ReplicaId;
  readonly text: Written;
  /** The message between replicas. Undefined: the envelope reports the completion of a thread's work. */
  readonly message: RaftMessage | undefined;
  /** Whether the envelope is a completion. Completions are never lost. */
  readonly isLocal: boolean;
  readonly arrive: (node: InteractionNode) => string | undefined;
}

export interface ThreadWork {
  readonly text: Written;
  readonly perform: () => void;
  readonly responses: readonly Envelope[];
}

export interface NodeOptions {
  readonly inflight: number;
  readonly asyncStorageWrites: boolean;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  readonly leaseReads: boolean;
  readonly committedBytes: number;
  readonly appendBytes: number;
  readonly checkMembershipChanges: boolean;
  readonly stepDownOnRemoval: boolean;
}

export const ELECTION_TICKS = 3;
export const HEARTBEAT_TICKS = 1;
const APPEND_THREAD = 'AppendThread';
const APPLY_THREAD = 'ApplyThread';

export class InteractionNode {
  readonly id: ReplicaId;
  readonly replica: Replica;
  readonly storage: StableStorage;
  readonly appendWork: ThreadWork[] = [];
  readonly applyWork: ThreadWork[] = [];
  readonly #options: NodeOptions;
  /** The snapshot after each applied entry. Its state is the concatenation of all payloads. */
  readonly #history: RaftSnapshot[];
  /** Granted reads that are not answered, because their index is not yet applied. */
  #grantedReads: readonly ConfirmedRead[] = [];

  /** Starts with the records on the disk. Committed entries after the snapshot are applied again. */
  constructor(id: number, options: NodeOptions, storage: StableStorage, isFirst = true) {
    this.id = asReplicaId(id);
    this.storage = storage;
    this.#options = options;
    const base = storage.snapshot;
    this.#history = [base];
    const hardState = storage.hardState ?? { term: 0, vote: undefined, commit: base.index };
    this.replica = new Replica(
      {
        ...PRODUCTION,
        replica: this.id,
        heartbeatTicks: HEARTBEAT_TICKS,
        electionTicks: ELECTION_TICKS,
        // Draws the longest election timeout. Elections then start only when the transcript requests them.
        random: () => 0.999,
        preVote: options.preVote,
        checkQuorum: options.checkQuorum,
        reads: options.leaseReads ? 'lease' : 'quorum',
        checkMembershipChanges: options.checkMembershipChanges,
        sendCommitToCandidates: false,
        stepDownOnRemoval: options.stepDownOnRemoval,
        snapshot: () => this.snapshot,
        appendBytes: options.appendBytes,
        inflight: { messages: options.inflight, bytes: Number.POSITIVE_INFINITY },
        applyingBytes: options.committedBytes,
        uncommittedBytes: Number.POSITIVE_INFINITY,
        sendCommitAtOnce: true,
        applyUnflushed: !options.asyncStorageWrites,
      },
      { hardState, base, entries: storage.entries, applied: base.index, membership: base.membership, isFirst },
    );
  }

  /** A new node with the same disk. Its memory is lost. */
  restarted(): InteractionNode {
    return new InteractionNode(this.id, this.#options, this.storage, false);
  }

  get snapshot(): RaftSnapshot {
    const last = this.#history.at(-1);
    if (last === undefined) throw new Error('a node begins with a snapshot');
    return last;
  }

  /** Cuts the log up to the index. Returns false if the log no longer reaches back to the index. */
  compactTo(index: number): boolean {
    const snapshot = this.#history.find((state) => state.index === index);
    if (index > this.storage.snapshot.index && snapshot === undefined) {
      throw new Error(`compacting to ${index} goes beyond what is applied`);
    }
    if (snapshot === undefined || !this.storage.compactTo(snapshot)) return false;
    this.replica.log.compactTo(index);
    return true;
  }

  /** Handles one `Ready`. Returns its text and the messages to send. */
  processReady(): { text: string; sent: readonly Envelope[] } {
    const ready = takeReady(this.replica);
    const { leader, role } = this.replica;
    return this.#options.asyncStorageWrites
      ? this.#startReady(ready, leader, role)
      : this.#completeReady(ready, leader, role);
  }

  /** Writes and applies everything before the next `Ready`. */
  #completeReady(
    ready: Ready,
    leader: ReplicaId | undefined,
    role: Replica['role'],
  ): { text: string; sent: readonly Envelope[] } {
    const leaving = [...ready.messages, ...ready.messagesAfterFlush.filter(({ to }) => to !== this.id)];
    const text = describeReady(ready, leader, role, leaving.map(written));
    this.#write(ready.hardState, ready.entries, ready.snapshot);
    this.#apply(ready.committed);
    for (const message of ready.messagesAfterFlush) if (message.to === this.id) step(this.replica, message);
    if (ready.flushPoint !== undefined) flushed(this.replica, ready.flushPoint);
    const last = ready.committed.at(-1);
    if (last !== undefined) applied(this.replica, last.index);
    this.#grantedReads = [...this.#grantedReads, ...ready.reads];
    return { text: `${text}${this.#answerReads()}`, sent: leaving.map((message) => envelopeOf(message)) };
  }

  /** Answers the granted reads whose index is applied. */
  #answerReads(): string {
    const answered = this.#grantedReads.filter(({ index }) => index <= this.snapshot.index);
    this.#grantedReads = this.#grantedReads.filter((read) => !answered.includes(read));
    const state = quoted(this.snapshot.payload);
    return answered.map(({ request }) => `read ${request.read} returns ${state}\n`).join('');
  }

  /** Passes writing and applying to the two threads as work. */
  #startReady(
    ready: Ready,
    leader: ReplicaId | undefined,
    role: Replica['role'],
  ): { text: string; sent: readonly Envelope[] } {
    const messages = ready.messages.map(written);
    const { hardState, entries, snapshot, messagesAfterFlush, committed } = ready;
    if (hardState !== undefined || entries.length > 0 || snapshot !== undefined || messagesAfterFlush.length > 0) {
      const work = this.#appendWorkOf(ready);
      this.appendWork.push(work);
      messages.push({ ...work.text, responses: work.responses.map((response) => response.text) });
    }
    if (committed.length > 0) {
      const work = this.#applyWorkOf(committed);
      this.applyWork.push(work);
      messages.push({ ...work.text, responses: work.responses.map((response) => response.text) });
    }
    return {
      text: describeReady(ready, leader, role, messages),
      sent: ready.messages.map((message) => envelopeOf(message)),
    };
  }

  #appendWorkOf({ hardState, entries, snapshot, messagesAfterFlush, flushPoint }: Ready): ThreadWork {
    const responses = messagesAfterFlush.map((message) => envelopeOf(message));
    if (flushPoint !== undefined) {
      responses.push({
        to: this.id,
        text: {
          ...NOTHING_WRITTEN,
          from: APPEND_THREAD,
          to: hex(this.id),
          type: 'MsgStorageAppendResp',
          term: flushPoint.term,
          logTerm: flushPoint.last?.term ?? 0,
          index: flushPoint.last?.index ?? 0,
          snapshot: flushPoint.snapshot,
        },
        message: undefined,
        isLocal: true,
        arrive: ({ replica }) => {
          flushed(replica, flushPoint);
          return undefined;
        },
      });
    }
    return {
      text: {
        ...NOTHING_WRITTEN,
        from: hex(this.id),
        to: APPEND_THREAD,
        type: 'MsgStorageAppend',
        term: hardState?.term ?? 0,
        vote: hardState?.vote ?? 0,
        commit: hardState?.commit ?? 0,
        entries,
        snapshot,
      },
      perform: () => {
        this.#write(hardState, entries, snapshot);
      },
      responses,
    };
  }

  #applyWorkOf(committed: readonly RaftEntry[]): ThreadWork {
    const text = { ...NOTHING_WRITTEN, entries: committed };
    const last = committed.at(-1)?.index ?? 0;
    const response: Envelope = {
      to: this.id,
      text: { ...text, from: APPLY_THREAD, to: hex(this.id), type: 'MsgStorageApplyResp' },
      message: undefined,
      isLocal: true,
      arrive: ({ replica }) => {
        applied(replica, last);
        return undefined;
      },
    };
    return {
      text: { ...text, from: hex(this.id), to: APPLY_THREAD, type: 'MsgStorageApply' },
      perform: () => {
        this.#apply(committed);
      },
      responses: [response],
    };
  }

  #write(
    hardState: RaftHardState | undefined,
    entries: readonly RaftEntry[],
    snapshot: RaftSnapshot | undefined,
  ): void {
    if (hardState !== undefined) this.storage.hardState = hardState;
    if (snapshot === undefined) {
      this.storage.append(entries);
      return;
    }
    this.storage.applySnapshot(snapshot);
    this.#history.push(snapshot);
  }

  #apply(entries: readonly RaftEntry[]): void {
    for (const { index, term, kind, payload } of entries) {
      const before = this.snapshot;
      const after =
        kind === 'membership'
          ? { membership: applyChange(this.replica, decodeMembershipChange(payload)), payload: before.payload }
          : { membership: before.membership, payload: new Uint8Array([...before.payload, ...payload]) };
      this.#history.push({ index, term, ...after });
    }
  }
}

export function envelopeOf(message: RaftMessage): Envelope {
  return {
    to: message.to,
    text: written(message),
    message,
    isLocal: message.from === message.to,
    arrive: ({ replica }) => (step(replica, message) ? undefined : 'raft: cannot step as peer not found'),
  };
}

function hex(replica: ReplicaId): string {
  return replica.toString(16);
}
