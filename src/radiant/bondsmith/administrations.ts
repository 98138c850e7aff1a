/**
 * Requests for changes that the bondsmith has not finished. The answer to a request is a configuration that includes
 * the change. The answer is sent once it is certain that no other bondsmith has decided meanwhile. The same holds for
 * refusals.
 */
import { type AdministrationOutcome, planAdministration } from '../../cluster/administration.ts';
import { changeBetween, withChange } from '../../cluster/configuration-change.ts';
import type { ClusterFacts } from '../../cluster/cluster-facts.ts';
import type { Configuration, ConfigurationChange } from '../../wire/configuration/configuration.ts';
import type { Administration, Answer } from '../../wire/frames/frame.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { ReadableClock } from '../clock.ts';
import type { RequestOrigin, ReplyTo } from '../replies.ts';
import { reject } from '../replies.ts';
import type { DecidedRequests } from './decided-requests.ts';

export interface AdministrationsContext {
  readonly clock: ReadableClock;
  /** Returns undefined before the founding is decided. */
  readonly configuration: () => Configuration | undefined;
  readonly facts: (configuration: Configuration) => ClusterFacts;
  readonly answer: ReplyTo;
  /**
   * Sends the answer that `read` returns, once it is certain that this radiant still leads. Sends a refusal if it does
   * not lead.
   */
  readonly answerLater: (origin: RequestOrigin, read: () => Answer, answer: ReplyTo) => void;
}

interface Sending {
  readonly origin: RequestOrigin;
  readonly sinceMs: number;
}

interface Waiting {
  readonly administration: Administration;
  /** Sendings of the same request. All of them get the same answer. */
  sendings: Sending[];
  /** Number of the configuration that the last decision was based on, and the number of decisions based on it. */
  decided: { readonly number: number; readonly times: number };
}

export class Administrations {
  readonly #context: AdministrationsContext;
  readonly #decided: DecidedRequests;
  /** Unfinished requests by client and change. */
  readonly #waiting = new Map<string, Waiting>();

  /** @param decided requests of this radiant, also from its earlier terms */
  constructor(context: AdministrationsContext, decided: DecidedRequests) {
    this.#context = context;
    this.#decided = decided;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add(origin: RequestOrigin, administration: Administration): void {
    const name = `${origin.id.client}/${JSON.stringify(administration)}`;
    const sending = { origin, sinceMs: this.#context.clock.nowMs };
    const known = this.#waiting.get(name);
    if (known !== undefined) {
      if (known.sendings.some((one) => isSameRequest(one.origin, origin))) return;
      known.sendings.push(sending);
      if (known.decided.number > 0) this.#decided.note(origin.id);
      if (known.sendings.length > LIMITS.herald.waitingRetries) known.sendings.shift();
    } else if (this.#waiting.size < LIMITS.configuration.pendingAdministrations) {
      this.#waiting.set(name, { administration, sendings: [sending], decided: { number: 0, times: 0 } });
    } else {
      this.#answer(origin, reject('OVERLOADED', "The bondsmith's queue is full. Retry later."));
    }
  }

  /** Returns the next requested decision. Answers the requests that need no decision. */
  next(configuration: Configuration): ConfigurationChange | undefined {
    if (this.#waiting.size === 0) return undefined;
    const facts = this.#context.facts(configuration);
    for (const [name, waiting] of this.#waiting) {
      const outcome = planAdministration(configuration, waiting.administration, facts);
      if (outcome.kind === 'later' && !this.#isLetGo(waiting)) {
        this.#tellWhy(waiting, outcome.reason);
        continue;
      }
      if (outcome.kind === 'change' && count(waiting, configuration)) {
        this.#noteDecided(waiting);
        const { kind } = waiting.administration;
        return kind === 'installed' ? this.#withArrivals(configuration, outcome.change, facts) : outcome.change;
      }
      this.#waiting.delete(name);
      const fulfilled = outcome.kind === 'unchanged' ? configuration : undefined;
      for (const { origin } of waiting.sendings) this.#settle(origin, waiting.administration, fulfilled);
    }
    return undefined;
  }

  /**
   * Answers all requests, because this radiant stopped deciding. Another bondsmith may still carry out the changes,
   * which are idempotent.
   */
  rejectAll(answer: Answer): void {
    const sendings = [...this.#waiting.values()].flatMap((waiting) => waiting.sendings);
    this.#waiting.clear();
    for (const { origin } of sendings) this.#answer(origin, answer);
  }

  #withArrivals(before: Configuration, first: ConfigurationChange, facts: ClusterFacts): ConfigurationChange {
    let after = withChange(before, first);
    for (const waiting of this.#waiting.values()) {
      if (waiting.administration.kind !== 'installed') continue;
      const outcome = planAdministration(after, waiting.administration, facts);
      if (outcome.kind !== 'change') continue;
      after = withChange(after, outcome.change);
      this.#noteDecided(waiting);
    }
    return changeBetween(before.orders, after.orders);
  }

  /** Whether every sending has exceeded its deadline. */
  #isLetGo({ sendings }: Waiting): boolean {
    const { nowMs, times } = this.#context.clock;
    return sendings.every(({ sinceMs }) => nowMs - sinceMs >= times.client.requestDeadlineMs);
  }

  /** Answers older sendings with the reason why they wait. The newest sending keeps waiting. */
  #tellWhy(waiting: Waiting, reason: string): void {
    const { nowMs, times } = this.#context.clock;
    const newest = Math.max(...waiting.sendings.map(({ origin }) => origin.id.number));
    const waitsOn = ({ origin, sinceMs }: Sending) =>
      origin.id.number === newest || nowMs - sinceMs < times.client.requestRetryMs;
    const told = waiting.sendings.filter((sending) => !waitsOn(sending));
    waiting.sendings = waiting.sendings.filter(waitsOn);
    for (const { origin } of told) this.#answer(origin, later(reason));
  }

  /** @param fulfilled a configuration that includes the change; a later change that undoes it is no refusal */
  #settle(origin: RequestOrigin, administration: Administration, fulfilled: Configuration | undefined): void {
    const read = (): Answer => {
      if (fulfilled !== undefined) return { kind: 'configuration', configuration: fulfilled };
      const configuration = this.#context.configuration();
      if (configuration === undefined) return NOT_YET;
      return answerTo(
        planAdministration(configuration, administration, this.#context.facts(configuration)),
        configuration,
      );
    };
    this.#context.answerLater(origin, read, (one, answer) => this.#answer(one, answer));
  }

  #noteDecided({ sendings }: Waiting): void {
    for (const { origin } of sendings) this.#decided.note(origin.id);
  }

  /**
   * Answers one sending. A change of several steps may fail at a later one, and the refusal must not claim that it had
   * no effect.
   */
  #answer(origin: RequestOrigin, answer: Answer): void {
    this.#context.answer(origin, this.#decided.qualified(origin.id, answer));
  }
}

/**
 * Counts a decision. Repeated decisions on one configuration show that the change is impossible.
 * @returns false after too many decisions
 */
function count(waiting: Waiting, { number }: Configuration): boolean {
  const times = waiting.decided.number === number ? waiting.decided.times + 1 : 1;
  waiting.decided = { number, times };
  return times <= LIMITS.configuration.decisionAttempts;
}

const NOT_YET = reject('UNAVAILABLE', 'The change is not made yet. Retry later.');

function later(reason: string): Answer {
  return reject('UNAVAILABLE', `${reason}; ask again`);
}

/** Whether both origins are the same sending, which the network delivered twice. */
function isSameRequest({ id: one }: RequestOrigin, { id: other }: RequestOrigin): boolean {
  return one.number === other.number && one.clientBoot === other.clientBoot;
}

function answerTo(outcome: AdministrationOutcome, configuration: Configuration): Answer {
  switch (outcome.kind) {
    case 'unchanged':
      return { kind: 'configuration', configuration };
    case 'refused':
      return reject(outcome.code, outcome.message);
    case 'later':
      return later(outcome.reason);
    case 'change':
      return NOT_YET;
  }
}
