/**
 * Answers watchers from the applied state of one replica (design, rule 17). A question without changes waits. The
 * questions cost the order's other replicas nothing, and a watcher keeps its positions itself.
 */
import { coversAll } from '../../store/changes-after.ts';
import type { Answer, Watch } from '../../wire/frames/frame.ts';
import { asLogIndex, type BootId, type LogIndex } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { ReadableClock } from '../clock.ts';
import type { DeferredReplies } from '../herald/deferred-replies.ts';
import type { Replica } from '../replica/replica.ts';
import { reject, type ReplyTo, type RequestOrigin } from '../replies.ts';

interface WaitingWatch {
  readonly origin: RequestOrigin;
  readonly watch: Watch;
  readonly sinceMs: number;
}

export class WaitingWatches {
  readonly #replica: Replica;
  readonly #clock: ReadableClock;
  readonly #deferredReplies: DeferredReplies;
  readonly #answer: ReplyTo;
  /** Waiting questions, the oldest first. */
  #waiting: WaitingWatch[] = [];
  /** The applied index up to which no waiting question has a change. */
  #servedThrough: LogIndex = asLogIndex(0);

  constructor(replica: Replica, clock: ReadableClock, deferredReplies: DeferredReplies, answer: ReplyTo) {
    this.#replica = replica;
    this.#clock = clock;
    this.#deferredReplies = deferredReplies;
    this.#answer = answer;
  }

  /** Whether this replica can answer a question about all of its slots now. A replica that lags behind may lack some. */
  canAnswer(watch: Watch): boolean {
    if (!this.#replica.leads && (this.#replica.leader() === undefined || !this.#mayShow())) return false;
    const answer = this.#replica.state.read(watch);
    return answer.kind === 'changes' && (answer.isLost || coversAll(watch, answer));
  }

  accept(origin: RequestOrigin, watch: Watch): void {
    if (!this.#mayShow()) return this.#refuse(origin);
    this.#reconcile({ origin, watch, sinceMs: this.#clock.nowMs });
    this.#makeRoom();
  }

  /** Answers the questions for which the state has changes. Call this after each step. */
  serve(): void {
    const { applied } = this.#replica.state;
    if (applied === this.#servedThrough) return;
    this.#servedThrough = applied;
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    const mayShow = this.#mayShow();
    for (const one of waiting) {
      if (mayShow) this.#reconcile(one);
      else this.#refuse(one.origin);
    }
  }

  /** Answers the questions that have waited long enough. Their answers have no changes. */
  tick(): void {
    const { nowMs, times } = this.#clock;
    const late = this.#waiting.filter(({ sinceMs }) => nowMs - sinceMs >= times.client.watchWaitMs);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !late.includes(one));
    for (const { origin, watch } of late)
      this.#reconcile({ origin, watch: { ...watch, waits: false }, sinceMs: nowMs });
  }

  /** Refuses all questions, because this replica has stopped. */
  end(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { origin } of waiting) this.#refuse(origin);
  }

  /** Answers a question, or lets it wait from the positions that the state has reached. */
  #reconcile({ origin, watch, sinceMs }: WaitingWatch): void {
    const answer = this.#replica.state.read(watch);
    const isDue = answer.kind !== 'changes' || answer.isLost || answer.changes.length > 0;
    if (isDue || !watch.waits || !coversAll(watch, answer)) this.#give(origin, answer);
    else this.#waiting.push({ origin, watch: { ...watch, ranges: answer.ranges }, sinceMs });
  }

  /** Sends an answer that was computed from the current state. A sole voter first waits for its companion (rule 6). */
  #give(origin: RequestOrigin, answer: Answer): void {
    if (!this.#replica.leads) return this.#answer(origin, answer);
    this.#deferredReplies.add({
      index: this.#replica.state.applied,
      give: () => this.#answer(origin, answer),
      withdraw: () => this.#refuse(origin),
    });
  }

  /**
   * Whether watchers may see the applied entries. Only the leader and the companion know which entries the companion has
   * flushed, so no other replica of their order answers.
   */
  #mayShow(): boolean {
    const { companion } = this.#replica.state.roster;
    return (
      !this.#replica.isStopped && (this.#replica.leads || companion === undefined || companion === this.#replica.id)
    );
  }

  #refuse(origin: RequestOrigin): void {
    const message = 'This replica cannot answer watchers now.';
    this.#answer(origin, reject('NOT_HERALD', message, this.#replica.leader()));
  }

  /** Refuses the oldest question of the client with the most questions, so that no client displaces the others. */
  #makeRoom(): void {
    while (this.#waiting.length > LIMITS.watches.waitingQuestions) {
      const counts = new Map<BootId, number>();
      for (const { origin } of this.#waiting) {
        const { clientBoot } = origin.id;
        counts.set(clientBoot, (counts.get(clientBoot) ?? 0) + 1);
      }
      const most = Math.max(...counts.values());
      const refused = this.#waiting.find(({ origin }) => counts.get(origin.id.clientBoot) === most);
      if (refused === undefined) return;
      this.#waiting = this.#waiting.filter((one) => one !== refused);
      this.#answer(refused.origin, reject('OVERLOADED', 'Too many watchers wait at this replica. Retry later.'));
    }
  }
}
