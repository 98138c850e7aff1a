/**
 * The herald's role in one order. While it leads, it accepts requests, proposes commands and grants reads. It answers
 * once the entry is applied. When it stops leading, it answers every waiting request.
 */
import type { ReadGrant, ReadNumber } from '../../consensus/contract.ts';
import { checkCommand } from '../../store/validation.ts';
import { assert } from '../../wire/assertion.ts';
import type { Command, Entry, UntimedEntry } from '../../wire/entries/command.ts';
import type { Answer, Question } from '../../wire/frames/frame.ts';
import type { ClientId, LogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { RequestOrigin, ReplyTo } from '../replies.ts';
import { unknownOutcome, reject } from '../replies.ts';
import { ClientBoots } from './client-boots.ts';
import type { DiskRoom } from './disk-room.ts';
import { Obstacles } from './obstacles.ts';
import type { Replica } from '../replica/replica.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import { PendingReads } from './pending-reads.ts';
import { isInputError } from '../input-errors.ts';
import type { DeferredReplies } from './deferred-replies.ts';

/** A question that the herald answers. Any replica answers watchers, and the bondsmith answers all other questions. */
export type HeraldQuestion = Exclude<Question, { kind: 'administer' | 'watch' }>;

type Proposal = Extract<Question, { kind: 'command' | 'open-session' | 'settle' | 'lock-range' | 'release-range' }>;

type StateRead = Extract<Question, { kind: 'read' | 'machine-read' | 'query' | 'list' }>;

type ProposedEntry = Extract<UntimedEntry, { kind: Proposal['kind'] }>;

type HeraldContext = Pick<ReplicaContext, 'changes' | 'missingQuorum' | 'replies'>;

interface PendingCommand {
  readonly index: LogIndex;
  /** Name of the request. All copies of the request have the same name. */
  readonly name: string;
  readonly origins: RequestOrigin[];
}

export class Herald {
  readonly #replica: Replica;
  readonly #replies: ReplicaContext['replies'];
  readonly #diskRoom: DiskRoom;
  readonly #obstacles: Obstacles;
  readonly #clientBoots = new ClientBoots();
  readonly #byIndex = new Map<LogIndex, PendingCommand>();
  readonly #byName = new Map<string, PendingCommand>();
  readonly #deferredReplies: DeferredReplies;
  readonly #reads: PendingReads;

  constructor(replica: Replica, context: HeraldContext, diskRoom: DiskRoom, deferredReplies: DeferredReplies) {
    this.#replica = replica;
    this.#replies = context.replies;
    this.#diskRoom = diskRoom;
    this.#obstacles = new Obstacles(replica, context, diskRoom);
    this.#deferredReplies = deferredReplies;
    this.#reads = new PendingReads(replica, deferredReplies);
  }

  accept(origin: RequestOrigin, question: HeraldQuestion): void {
    const { toRequests, toChanges } = this.#obstacles.find();
    const isOfState = isRead(question);
    const obstacle = isOfState ? toRequests : toChanges;
    if (obstacle !== undefined) this.#rejectNew(origin, obstacle);
    else if (isOfState) this.#reads.add(origin, () => this.#replica.read(question), this.#answer);
    else this.#propose(origin, question);
  }

  /**
   * Answers the commands that full disks keep from committing. They may still take effect once the disks have space.
   */
  refuseHopeless(): void {
    if (this.#byIndex.size === 0) return;
    const shortage = this.#diskRoom.shortage();
    if (shortage === undefined) return;
    const answer = { kind: 'refusal', code: 'STORAGE_FULL', message: shortage, herald: undefined } as const;
    const applied = this.#replica.state.applied;
    for (const pending of this.#byIndex.values()) {
      // An applied entry is committed. The answer waits only until the companion of a sole voter has flushed the entry.
      if (pending.index > applied) this.#settle(pending, { ...answer, withoutEffect: false });
    }
  }

  /** Sends the answer that `read` returns, once it is certain that no other herald has led meanwhile. */
  answerLater(origin: RequestOrigin, read: () => Answer, answer: ReplyTo): void {
    this.#reads.add(origin, read, answer);
  }

  /** Answers the clients that wait for this entry, and the granted reads that wait for its index. */
  applied(index: LogIndex, entry: Entry | undefined, answer: Answer | undefined): void {
    const pending = this.#byIndex.get(index);
    if (pending !== undefined) this.#answerOnceHeld(pending, entry, answer);
    if (this.#reads.hasGranted) this.#reads.answerReady();
  }

  /** Answers a request once the companion has the entry. */
  #answerOnceHeld(pending: PendingCommand, entry: Entry | undefined, answer: Answer | undefined): void {
    const told = entry !== undefined && isProposed(entry) && nameOf(entry) === pending.name ? answer : undefined;
    this.#deferredReplies.add({
      index: pending.index,
      // The command stays pending, so that a retry waits for the same answer.
      give: () =>
        this.#settle(
          pending,
          told ?? unknownOutcome('Another herald replaced the log entry of this command.', this.#replica.leader()),
        ),
      withdraw: () => this.#settle(pending, this.#unknownOutcome()),
    });
  }

  granted(grant: ReadGrant): void {
    this.#reads.granted(grant);
    this.#reads.answerReady();
  }

  abandoned(read: ReadNumber): void {
    this.#reads.abandoned(read);
  }

  /** Ends the herald's role in a term. Its proposals may still commit, and its reads will not be granted. */
  stepDown(): void {
    this.#deferredReplies.withdrawAll();
    for (const pending of this.#byIndex.values()) this.#settle(pending, this.#unknownOutcome());
    this.#reads.rejectAll('This radiant stopped leading the order.');
  }

  /** The reason why no change can be accepted now. The order lacks leadership, a quorum, or disk space. */
  changeRefusal(): Answer | undefined {
    return this.#obstacles.find().toChanges;
  }

  #propose(origin: RequestOrigin, question: Proposal): void {
    const proposed = entryOf(origin.id.client, question);
    const name = nameOf(proposed);
    const known = this.#byName.get(name);
    if (known !== undefined) {
      this.#clientBoots.note(origin.id);
      known.origins.push(origin);
      if (known.origins.length > LIMITS.herald.waitingRetries) known.origins.shift();
      return;
    }
    if (this.#byIndex.size >= LIMITS.herald.pendingCommands || this.#replica.isLogFull) {
      this.#rejectNew(origin, reject('OVERLOADED', "The herald's write queue is full. Retry later."));
      return;
    }
    if (question.kind === 'command' && !this.#isSound(origin, question.command)) return;
    const outcome = this.#replica.propose(proposed);
    if (outcome.kind === 'rejected') {
      this.#rejectNew(origin, this.#refusalOf(outcome.reason));
      return;
    }
    this.#clientBoots.note(origin.id);
    const pending = { index: outcome.index, name, origins: [origin] };
    assert(!this.#byIndex.has(outcome.index), 'a leader gives an index out once');
    this.#byIndex.set(outcome.index, pending);
    this.#byName.set(name, pending);
  }

  /** Whether the command is valid, and this replica has the code for it. Any other command must not reach the log. */
  #isSound(origin: RequestOrigin, command: Command): boolean {
    try {
      checkCommand(command);
      const refused = this.#replica.state.refusalOf(command);
      if (refused !== undefined) this.#rejectNew(origin, refused);
      return refused === undefined;
    } catch (error) {
      if (!isInputError(error)) throw error;
      this.#rejectNew(origin, reject(error.code, error.message));
      return false;
    }
  }

  /** Refuses a request. An earlier copy of it may have been accepted, even if this one is refused. */
  #rejectNew(origin: RequestOrigin, answer: Answer): void {
    const isHarmless = !this.#clientBoots.mayKnow(origin.id);
    this.#answer(origin, answer.kind === 'refusal' ? { ...answer, withoutEffect: isHarmless } : answer);
  }

  #refusalOf(reason: 'not-leader' | 'overloaded'): Answer {
    return reason === 'overloaded'
      ? reject('OVERLOADED', 'The order has too many entries in flight. Retry later.')
      : reject('NOT_HERALD', 'This radiant does not lead the order.', this.#replica.leader());
  }

  #unknownOutcome(): Answer {
    return unknownOutcome('This radiant stopped leading before the command was committed.', this.#replica.leader());
  }

  #settle({ index, name, origins }: PendingCommand, answer: Answer): void {
    this.#byIndex.delete(index);
    this.#byName.delete(name);
    for (const one of origins) this.#replies.answer(one, answer, this.#replica.order);
  }

  readonly #answer: ReplyTo = (origin, answer) => this.#replies.answer(origin, answer, this.#replica.order);
}

function isRead(question: HeraldQuestion): question is StateRead {
  return ['read', 'machine-read', 'query', 'list'].includes(question.kind);
}

function entryOf(client: ClientId, question: Proposal): ProposedEntry {
  switch (question.kind) {
    case 'command':
      return { kind: 'command', client, command: question.command };
    case 'open-session':
      return { kind: 'open-session', client };
    case 'settle':
    case 'lock-range':
    case 'release-range':
      return question;
  }
}

function isProposed(entry: Entry): entry is Extract<Entry, { kind: ProposedEntry['kind'] }> {
  return PROPOSED_KINDS.has(entry.kind);
}

const PROPOSED_KINDS: ReadonlySet<Entry['kind']> = new Set<ProposedEntry['kind']>([
  'command',
  'open-session',
  'settle',
  'lock-range',
  'release-range',
]);

/** Name of a request. All copies of a request have the same name, and other requests have other names. */
function nameOf(entry: ProposedEntry): string {
  switch (entry.kind) {
    case 'command':
      return `${entry.client}/${entry.command.sequence}`;
    case 'open-session':
      return `${entry.client}/session`;
    case 'settle': {
      const { step, slot, shardEpoch, transaction } = entry;
      return `${transaction.client}/${transaction.sequence}/${step}/${slot}/${shardEpoch}`;
    }
    case 'lock-range':
    case 'release-range':
      return `${entry.lock}/${entry.kind}`;
  }
}
