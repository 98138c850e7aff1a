/**
 * The herald's role in one order: takes requests while it leads, proposes
 * commands, asks for the right to answer reads, and answers when the entry has
 * been applied here. When it leads no more, whoever waits is told so.
 */
import type { Consensus, ReadGrant, ReadNumber } from '../../consensus/contract.ts';
import { slotOfKey } from '../../store/slot.ts';
import { checkOperation } from '../../store/validation.ts';
import { assert } from '../../wire/assertion.ts';
import type { ReadQuestion } from '../../store/contract.ts';
import type { ClientEntry, Command, Entry } from '../../wire/entries/command.ts';
import { InvalidArgumentError } from '../../wire/errors.ts';
import { encodeEntry } from '../../wire/entries/entry-codec.ts';
import type { Administration, Answer, Question, Request } from '../../wire/frames/frame.ts';
import type { ClientId, LogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { Asked, Answering, Asker } from '../answers.ts';
import { unknownOutcome, reject } from '../answers.ts';
import { ClientBoots } from './client-boots.ts';
import type { DiskRoom } from './disk-room.ts';
import type { ReadContext } from './pending-reads.ts';
import { PendingReads } from './pending-reads.ts';
import { isRefusal } from '../refusals.ts';
import { DeferredReplies } from './deferred-replies.ts';

/** What the herald needs of the order that it leads. */
export interface HeraldContext extends ReadContext {
  readonly consensus: Consensus;
  /** Reads the applied state. */
  read(question: ReadQuestion): Answer;
  /** A time for the log's next entry: never earlier than any that was applied. */
  logTimeMs(): number;
  /** Up to where answers may be given now. */
  acknowledgeable(): LogIndex;
  isLogFull(): boolean;
  /** Why no majority can be reached, or undefined where one can. */
  missingQuorum(): string | undefined;
  readonly diskRoom: Pick<DiskRoom, 'shortage' | 'isOwnFull'>;
  /** The bondsmith is asked; where the order is another one, it refuses. */
  administer(asked: Asked, administration: Administration): void;
}

/** What becomes an entry of the log. */
type Proposal = Extract<Question, { kind: 'command' | 'open-session' }>;

interface PendingCommand {
  readonly index: LogIndex;
  readonly name: string;
  readonly asked: Asked[];
}

export class Herald {
  readonly #context: HeraldContext;
  readonly #answer: Answering;
  readonly #clientBoots = new ClientBoots();
  readonly #byIndex = new Map<LogIndex, PendingCommand>();
  readonly #byName = new Map<string, PendingCommand>();
  readonly #deferredReplies: DeferredReplies;
  readonly #reads: PendingReads;

  constructor(context: HeraldContext, answer: Answering) {
    this.#context = context;
    this.#answer = answer;
    this.#deferredReplies = new DeferredReplies(() => context.acknowledgeable());
    this.#reads = new PendingReads(context, this.#deferredReplies);
  }

  accept(asker: Asker, request: Request): void {
    const asked: Asked = { asker, id: request.id };
    const obstacle = this.#obstacle();
    if (obstacle !== undefined) {
      this.#rejectNew(asked, obstacle);
      return;
    }
    const { question } = request;
    switch (question.kind) {
      case 'read':
      case 'query':
        return this.#reads.add(asked, () => this.#context.read(question), this.#answer);
      case 'administer':
      case 'command':
      case 'open-session':
        this.#acceptChange(asked, question);
    }
  }

  /** Answers the commands that full disks keep from being committed. Each may still take effect once there is room. */
  refuseHopeless(): void {
    if (this.#byIndex.size === 0) return;
    const shortage = this.#context.diskRoom.shortage();
    if (shortage === undefined) return;
    const answer = { kind: 'refusal', code: 'STORAGE_FULL', message: shortage, herald: undefined } as const;
    const applied = this.#context.appliedIndex();
    for (const pending of this.#byIndex.values()) {
      // What is applied is committed: its answer waits for nothing but the companion.
      if (pending.index > applied) this.#settle(pending, { ...answer, withoutEffect: false });
    }
  }

  /** Answers with what is read of the state, when it is sure that no other herald has led on meanwhile. */
  answerLater(asked: Asked, read: () => Answer, answer: Answering): void {
    this.#reads.add(asked, read, answer);
  }

  /** An entry was applied here: whoever waited for it is answered, as soon as the companion has it too. */
  applied(index: LogIndex, entry: Entry | undefined, answer: Answer | undefined): void {
    const pending = this.#byIndex.get(index);
    if (pending === undefined) return;
    const isOurs = entry !== undefined && nameOfEntry(entry) === pending.name;
    const told = isOurs ? answer : undefined;
    this.#deferredReplies.add({
      index,
      // Until then it stays where it is: a repeated request waits for the same answer.
      give: () =>
        this.#settle(pending, told ?? unknownOutcome('another herald replaced this entry', this.#context.leader())),
      withdraw: () => this.#settle(pending, this.#unknownOutcome()),
    });
  }

  /** Gives what the companion has flushed by now, or what needs not wait any more. */
  release(): void {
    this.#deferredReplies.release();
  }

  granted(grant: ReadGrant): void {
    this.#reads.granted(grant);
  }

  abandoned(read: ReadNumber): void {
    this.#reads.abandoned(read);
  }

  /** Answers the granted reads that the applied state is new enough for. */
  answerReads(): void {
    this.#reads.answerReady();
  }

  /** It leads no more, or anew: what was proposed may still commit, what was asked for will not be granted. */
  stepDown(): void {
    this.#deferredReplies.withdrawAll();
    for (const pending of this.#byIndex.values()) this.#settle(pending, this.#unknownOutcome());
    this.#reads.rejectAll('it stopped to lead');
  }

  /** Why nothing can be taken up now. */
  #obstacle(): Answer | undefined {
    if (this.#context.consensus.status().role !== 'leader') {
      return reject('NOT_HERALD', 'this radiant does not lead the order', this.#context.leader());
    }
    const missing = this.#context.missingQuorum();
    return missing === undefined ? undefined : reject('NO_QUORUM', missing);
  }

  #acceptChange(asked: Asked, question: Proposal | Extract<Question, { kind: 'administer' }>): void {
    const { diskRoom } = this.#context;
    const shortage = diskRoom.shortage();
    if (shortage !== undefined) this.#rejectNew(asked, reject('STORAGE_FULL', shortage));
    else if (diskRoom.isOwnFull) {
      this.#rejectNew(asked, reject('NOT_HERALD', 'its disk is full, and another voter is about to lead'));
    } else if (question.kind === 'administer') {
      this.#clientBoots.note(asked.id);
      this.#context.administer(asked, question.administration);
    } else this.#propose(asked, question);
  }

  #propose(asked: Asked, question: Proposal): void {
    const { client } = asked.id;
    const name = nameOfQuestion(client, question);
    const known = this.#byName.get(name);
    if (known !== undefined) {
      this.#clientBoots.note(asked.id);
      known.asked.push(asked);
      if (known.asked.length > LIMITS.waitingRetries) known.asked.shift();
      return;
    }
    if (this.#byIndex.size >= LIMITS.pendingCommands || this.#context.isLogFull()) {
      this.#rejectNew(asked, reject('OVERLOADED', 'the herald has as much to write as it takes; slow down'));
      return;
    }
    if (question.kind === 'command' && !this.#isSound(asked, question.command)) return;
    const logTimeMs = this.#context.logTimeMs();
    const entry: ClientEntry =
      question.kind === 'command'
        ? { kind: 'command', logTimeMs, client, command: question.command }
        : { kind: 'open-session', logTimeMs, client };
    const outcome = this.#context.consensus.propose(encodeEntry(entry));
    if (outcome.kind === 'refused') {
      this.#rejectNew(asked, this.#refusalOf(outcome.reason));
      return;
    }
    this.#clientBoots.note(asked.id);
    const pending = { index: outcome.index, name, asked: [asked] };
    assert(!this.#byIndex.has(outcome.index), 'a leader gives an index out once');
    this.#byIndex.set(outcome.index, pending);
    this.#byName.set(name, pending);
  }

  /** What cannot be meant never reaches a log. */
  #isSound(asked: Asked, { operation, slot }: Command): boolean {
    try {
      checkOperation(operation);
      if (slotOfKey(operation.key) !== slot)
        throw new InvalidArgumentError('the key does not lie in the slot that it names');
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#rejectNew(asked, reject(error.code, error.message));
      return false;
    }
  }

  /** A copy of a request that was taken up before may have had an effect, whatever becomes of this copy. */
  #rejectNew(asked: Asked, answer: Answer): void {
    const isHarmless = !this.#clientBoots.mayKnow(asked.id);
    this.#answer(asked, answer.kind === 'refusal' ? { ...answer, withoutEffect: isHarmless } : answer);
  }

  #refusalOf(reason: 'not-leader' | 'overloaded'): Answer {
    return reason === 'overloaded'
      ? reject('OVERLOADED', 'the order has as much under way as it takes; slow down')
      : reject('NOT_HERALD', 'this radiant does not lead the order', this.#context.leader());
  }

  #unknownOutcome(): Answer {
    return unknownOutcome('it stopped to lead before the command was committed', this.#context.leader());
  }

  #settle({ index, name, asked }: PendingCommand, answer: Answer): void {
    this.#byIndex.delete(index);
    this.#byName.delete(name);
    for (const one of asked) this.#answer(one, answer);
  }
}

function nameOfQuestion(client: ClientId, question: Proposal): string {
  return question.kind === 'command' ? `${client}/${question.command.sequence}` : `${client}/session`;
}

/** Undefined: no client asked for it. */
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
