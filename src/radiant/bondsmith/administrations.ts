/**
 * Requests for changes that the bondsmith has not finished. Each is answered with a configuration that includes the
 * change, once it is certain that no other bondsmith has decided meanwhile. Refusals take the same way.
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
  /** Undefined before the founding is decided. */
  readonly configuration: () => Configuration | undefined;
  readonly facts: (configuration: Configuration) => ClusterFacts;
  readonly answer: ReplyTo;
  /** Answers with what `read` finds in the state, once it is certain that this radiant still leads; or refuses. */
  readonly answerLater: (origin: RequestOrigin, read: () => Answer, answer: ReplyTo) => void;
}

interface Sending {
  readonly origin: RequestOrigin;
  readonly sinceMs: number;
}

interface Waiting {
  readonly administration: Administration;
  /** Sendings of the same request. All get the same answer. */
  sendings: Sending[];
  /** The configuration that the last decision was based on, and the count of decisions on it. */
  decided: { readonly number: number; readonly times: number };
}

export class Administrations {
  readonly #context: AdministrationsContext;
  readonly #decided: DecidedRequests;
  /** By client and change. */
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
      if (known.sendings.length > LIMITS.waitingRetries) known.sendings.shift();
    } else if (this.#waiting.size < LIMITS.pendingAdministrations) {
      this.#waiting.set(name, { administration, sendings: [sending], decided: { number: 0, times: 0 } });
    } else {
      this.#answer(origin, reject('OVERLOADED', "The bondsmith's queue is full. Retry later."));
    }
  }

  /** The next requested decision. Requests that need none are answered. */
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

  /** This radiant stopped deciding. Another bondsmith may still carry the changes out; they are idempotent. */
  rejectAll(answer: Answer): void {
    const sendings = [...this.#waiting.values()].flatMap((waiting) => waiting.sendings);
    this.#waiting.clear();
    for (const { origin } of sendings) this.#answer(origin, answer);
  }

  /** Combines all shards that have arrived into one decision. */
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

  /** Every sending has exceeded its deadline. */
  #isLetGo({ sendings }: Waiting): boolean {
    const { nowMs, times } = this.#context.clock;
    return sendings.every(({ sinceMs }) => nowMs - sinceMs >= times.client.requestDeadlineMs);
  }

  /** Answers older sendings with the reason why they wait. The newest one waits on. */
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

  /** A change of several steps may fail at a later one, and the refusal must not claim that it had no effect. */
  #answer(origin: RequestOrigin, answer: Answer): void {
    this.#context.answer(origin, this.#decided.qualified(origin.id, answer));
  }
}

/** @returns false after repeated decisions on one configuration, which show that the change is impossible */
function count(waiting: Waiting, { number }: Configuration): boolean {
  const times = waiting.decided.number === number ? waiting.decided.times + 1 : 1;
  waiting.decided = { number, times };
  return times <= LIMITS.decisionAttempts;
}

const NOT_YET = reject('UNAVAILABLE', 'The change is not made yet. Retry later.');

function later(reason: string): Answer {
  return reject('UNAVAILABLE', `${reason}; ask again`);
}

/** The network delivered the request twice. */
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
