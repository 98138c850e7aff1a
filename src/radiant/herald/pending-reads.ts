/**
 * Linearizable reads. One round with the other voters grants all reads that arrived before the round began. Later reads
 * wait for the next round.
 */
import type { Consensus, ReadGrant, ReadNumber } from '../../consensus/contract.ts';
import type { Answer } from '../../wire/frames/frame.ts';
import type { LogIndex, RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { RequestOrigin, ReplyTo } from '../replies.ts';
import { reject } from '../replies.ts';
import type { OrderState } from '../replica/order-state.ts';
import type { DeferredReplies } from './deferred-replies.ts';

/** The order that is read. */
interface ReadSource {
  readonly consensus: Pick<Consensus, 'read'>;
  readonly state: Pick<OrderState, 'applied'>;
  /** Returns undefined if no leader is known. */
  leader(): RadiantId | undefined;
}

interface PendingRead {
  readonly origin: RequestOrigin;
  readonly read: () => Answer;
  /** Sends the answer, or the refusal of a request that may have had an effect before it became a read. */
  readonly answer: ReplyTo;
}

interface GrantedReads {
  readonly index: LogIndex;
  readonly reads: readonly PendingRead[];
}

export class PendingReads {
  readonly #source: ReadSource;
  readonly #deferredReplies: DeferredReplies;
  #gathered: PendingRead[] = [];
  readonly #rounds = new Map<ReadNumber, readonly PendingRead[]>();
  /** Whether granted reads wait until the state has applied their index. */
  hasGranted = false;
  #granted: GrantedReads[] = [];
  #count = 0;

  constructor(source: ReadSource, deferredReplies: DeferredReplies) {
    this.#source = source;
    this.#deferredReplies = deferredReplies;
  }

  /**
   * Adds a read.
   * @param read reads the applied state, and checks there that the order owns the slot (design, rule 10)
   */
  add(origin: RequestOrigin, read: () => Answer, answer: ReplyTo): void {
    if (this.#count >= LIMITS.raft.pendingReads) {
      answer(origin, reject('OVERLOADED', "The herald's read queue is full. Retry later."));
      return;
    }
    this.#count += 1;
    this.#gathered.push({ origin, read, answer });
    this.#beginRound();
  }

  granted({ read, index }: ReadGrant): void {
    const reads = this.#takeRound(read);
    if (reads.length > 0) this.#granted.push({ index, reads });
    this.hasGranted = this.#granted.length > 0;
    this.#beginRound();
  }

  abandoned(read: ReadNumber): void {
    this.#reject(this.#takeRound(read), 'NOT_HERALD', 'The herald changed.');
    this.#beginRound();
  }

  /** Performs all granted reads whose index is applied. The replies may wait for the companion. */
  answerReady(): void {
    const applied = this.#source.state.applied;
    const ready = this.#granted.filter(({ index }) => index <= applied);
    if (ready.length === 0) return;
    this.#granted = this.#granted.filter(({ index }) => index > applied);
    this.hasGranted = this.#granted.length > 0;
    for (const read of ready.flatMap(({ reads }) => reads)) this.#read(read, applied);
  }

  /** Rejects all reads, because this radiant stopped leading and grants of the old term are void. */
  rejectAll(why: string): void {
    const waiting = [
      ...this.#granted.flatMap(({ reads }) => reads),
      ...[...this.#rounds.values()].flat(),
      ...this.#gathered,
    ];
    this.#granted = [];
    this.hasGranted = false;
    this.#rounds.clear();
    this.#gathered = [];
    this.#reject(waiting, 'NOT_HERALD', why);
  }

  #read(read: PendingRead, index: LogIndex): void {
    const answer = read.read();
    this.#deferredReplies.add({
      index,
      give: () => {
        this.#count -= 1;
        read.answer(read.origin, this.#source.state.applied === index ? answer : this.#confirm(read, answer));
      },
      withdraw: () => this.#reject([read], 'NOT_HERALD', 'This radiant stopped leading the order.'),
    });
  }

  /**
   * Repeats the read when the reply is sent. If the slot moved to another order meanwhile, the reply becomes a refusal.
   */
  #confirm({ read }: PendingRead, answer: Answer): Answer {
    const now = read();
    return now.kind === 'refusal' ? now : answer;
  }

  #beginRound(): void {
    if (this.#gathered.length === 0 || this.#rounds.size >= LIMITS.raft.readRounds) return;
    const reads = this.#gathered;
    this.#gathered = [];
    const outcome = this.#source.consensus.read();
    if (outcome.kind === 'accepted') this.#rounds.set(outcome.read, reads);
    else if (outcome.reason === 'not-leader')
      this.#reject(reads, 'NOT_HERALD', 'This radiant does not lead the order.');
    else this.#reject(reads, 'OVERLOADED', 'The order has too many reads in flight. Retry later.');
  }

  /** The reads of a round. Empty for a round of an earlier term. */
  #takeRound(read: ReadNumber): readonly PendingRead[] {
    const reads = this.#rounds.get(read) ?? [];
    this.#rounds.delete(read);
    return reads;
  }

  #reject(reads: readonly PendingRead[], code: 'NOT_HERALD' | 'OVERLOADED', why: string): void {
    this.#count -= reads.length;
    for (const { origin, answer } of reads) answer(origin, reject(code, why, this.#source.leader()));
  }
}
