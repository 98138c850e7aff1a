/**
 * The herald's role in one order. While it leads, it takes requests, proposes commands and grants reads, and it answers
 * once the entry is applied. When it stops leading, it answers every waiting request.
 */
import type { ReadGrant, ReadNumber } from '../../consensus/contract.ts';
import { slotOfKey } from '../../store/slot.ts';
import { checkOperation } from '../../store/validation.ts';
import { assert } from '../../wire/assertion.ts';
import type { Command, Entry } from '../../wire/entries/command.ts';
import { InvalidArgumentError } from '../../wire/errors.ts';
import type { Answer, Question } from '../../wire/frames/frame.ts';
import type { ClientId, LogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { RequestOrigin, ReplyTo } from '../replies.ts';
import { unknownOutcome, reject } from '../replies.ts';
import { ClientBoots } from './client-boots.ts';
import type { DiskRoom } from './disk-room.ts';
import type { Companionship } from './companionship.ts';
import type { Replica } from '../replica/replica.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import { PendingReads } from './pending-reads.ts';
import { isInputError } from '../input-errors.ts';
import { DeferredReplies } from './deferred-replies.ts';

/** The bondsmith takes all other questions. */
export type HeraldQuestion = Exclude<Question, { kind: 'administer' }>;

/** A question that becomes a log entry. */
type Proposal = Extract<Question, { kind: 'command' | 'open-session' }>;

interface PendingCommand {
  readonly index: LogIndex;
  readonly name: string;
  readonly origins: RequestOrigin[];
}

export class Herald {
  readonly #replica: Replica;
  readonly #context: Pick<ReplicaContext, 'answer' | 'missingQuorum'>;
  readonly #diskRoom: DiskRoom;
  readonly #clientBoots = new ClientBoots();
  readonly #byIndex = new Map<LogIndex, PendingCommand>();
  readonly #byName = new Map<string, PendingCommand>();
  readonly #deferredReplies: DeferredReplies;
  readonly #reads: PendingReads;

  constructor(
    replica: Replica,
    context: Pick<ReplicaContext, 'answer' | 'missingQuorum'>,
    companionship: Companionship,
    diskRoom: DiskRoom,
  ) {
    this.#replica = replica;
    this.#context = context;
    this.#diskRoom = diskRoom;
    this.#deferredReplies = new DeferredReplies(companionship);
    this.#reads = new PendingReads(replica, this.#deferredReplies);
  }

  accept(origin: RequestOrigin, question: HeraldQuestion): void {
    const obstacle = this.#obstacle();
    if (obstacle !== undefined) {
      this.#rejectNew(origin, obstacle);
      return;
    }
    switch (question.kind) {
      case 'read':
      case 'query':
        return this.#reads.add(origin, () => this.#replica.state.read(question), this.#context.answer);
      case 'command':
      case 'open-session':
        return this.#acceptProposal(origin, question);
    }
  }

  /** Answers the commands that full disks keep from committing. They may still take effect once there is room. */
  refuseHopeless(): void {
    if (this.#byIndex.size === 0) return;
    const shortage = this.#diskRoom.shortage();
    if (shortage === undefined) return;
    const answer = { kind: 'refusal', code: 'STORAGE_FULL', message: shortage, herald: undefined } as const;
    const applied = this.#replica.state.applied;
    for (const pending of this.#byIndex.values()) {
      // An applied entry is committed. Its answer waits only for the companion.
      if (pending.index > applied) this.#settle(pending, { ...answer, withoutEffect: false });
    }
  }

  /** Answers with what `read` finds in the state, once it is certain that no other herald has led meanwhile. */
  answerLater(origin: RequestOrigin, read: () => Answer, answer: ReplyTo): void {
    this.#reads.add(origin, read, answer);
  }

  /** Answers the clients that wait for this entry, once the companion has it. */
  applied(index: LogIndex, entry: Entry | undefined, answer: Answer | undefined): void {
    const pending = this.#byIndex.get(index);
    if (pending === undefined) return;
    const isOurs = entry !== undefined && nameOfEntry(entry) === pending.name;
    const told = isOurs ? answer : undefined;
    this.#deferredReplies.add({
      index,
      // The command stays pending, so that a retry waits for the same answer.
      give: () =>
        this.#settle(
          pending,
          told ?? unknownOutcome('Another herald replaced the log entry of this command.', this.#replica.leader()),
        ),
      withdraw: () => this.#settle(pending, this.#unknownOutcome()),
    });
  }

  /** Gives the replies that the companion's flush allows. */
  release(): void {
    this.#deferredReplies.release();
  }

  granted(grant: ReadGrant): void {
    this.#reads.granted(grant);
  }

  abandoned(read: ReadNumber): void {
    this.#reads.abandoned(read);
  }

  /** Answers the granted reads whose index is applied. */
  answerReads(): void {
    this.#reads.answerReady();
  }

  /** This replica stopped leading in its term. Its proposals may still commit, and its reads will not be granted. */
  stepDown(): void {
    this.#deferredReplies.withdrawAll();
    for (const pending of this.#byIndex.values()) this.#settle(pending, this.#unknownOutcome());
    this.#reads.rejectAll('This radiant stopped leading the order.');
  }

  /** Why no change can be taken now: no leadership, no quorum, or no room on the disks. */
  changeRefusal(): Answer | undefined {
    return this.#obstacle() ?? this.#diskObstacle();
  }

  /** Why no request can be taken now. */
  #obstacle(): Answer | undefined {
    if (this.#replica.consensus.status().role !== 'leader') {
      return reject('NOT_HERALD', 'This radiant does not lead the order.', this.#replica.leader());
    }
    const missing = this.#context.missingQuorum();
    return missing === undefined ? undefined : reject('NO_QUORUM', missing);
  }

  #acceptProposal(origin: RequestOrigin, question: Proposal): void {
    const obstacle = this.#diskObstacle();
    if (obstacle === undefined) this.#propose(origin, question);
    else this.#rejectNew(origin, obstacle);
  }

  #diskObstacle(): Answer | undefined {
    const shortage = this.#diskRoom.shortage();
    if (shortage !== undefined) return reject('STORAGE_FULL', shortage);
    if (!this.#diskRoom.isOwnFull) return undefined;
    return reject('NOT_HERALD', 'The disk of the herald is full. Another voter is about to lead.');
  }

  #propose(origin: RequestOrigin, question: Proposal): void {
    const { client } = origin.id;
    const name = nameOfQuestion(client, question);
    const known = this.#byName.get(name);
    if (known !== undefined) {
      this.#clientBoots.note(origin.id);
      known.origins.push(origin);
      if (known.origins.length > LIMITS.waitingRetries) known.origins.shift();
      return;
    }
    if (this.#byIndex.size >= LIMITS.pendingCommands || this.#replica.isLogFull) {
      this.#rejectNew(origin, reject('OVERLOADED', "The herald's write queue is full. Retry later."));
      return;
    }
    if (question.kind === 'command' && !this.#isSound(origin, question.command)) return;
    const outcome = this.#replica.propose(
      question.kind === 'command'
        ? { kind: 'command', client, command: question.command }
        : { kind: 'open-session', client },
    );
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

  /** An invalid command must not reach the log. */
  #isSound(origin: RequestOrigin, { operation, slot }: Command): boolean {
    try {
      checkOperation(operation);
      if (slotOfKey(operation.key) !== slot)
        throw new InvalidArgumentError('The key does not belong to the slot of the request.');
      return true;
    } catch (error) {
      if (!isInputError(error)) throw error;
      this.#rejectNew(origin, reject(error.code, error.message));
      return false;
    }
  }

  /** An earlier copy of the request may have been taken, whatever becomes of this one. */
  #rejectNew(origin: RequestOrigin, answer: Answer): void {
    const isHarmless = !this.#clientBoots.mayKnow(origin.id);
    this.#context.answer(origin, answer.kind === 'refusal' ? { ...answer, withoutEffect: isHarmless } : answer);
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
    for (const one of origins) this.#context.answer(one, answer);
  }
}

function nameOfQuestion(client: ClientId, question: Proposal): string {
  return question.kind === 'command' ? `${client}/${question.command.sequence}` : `${client}/session`;
}

/** Undefined if no client proposed the entry. */
function nameOfEntry(entry: Entry): string | undefined {
  switch (entry.kind) {
    case 'command':
      return `${entry.client}/${entry.command.sequence}`;
    case 'open-session':
      return `${entry.client}/session`;
    default:
      return undefined;
  }
}
