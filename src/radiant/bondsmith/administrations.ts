/**
 * What a bondsmith was asked to change and has not done yet. Each is answered with a configuration in which it is so,
 * when it is sure that nobody else has decided meanwhile; what cannot be is refused in the same way.
 */
import type { Administered } from '../../cluster/administered.ts';
import { administered } from '../../cluster/administration.ts';
import { changeBetween, withChange } from '../../cluster/configuration-change.ts';
import type { ClusterFacts } from '../../cluster/facts.ts';
import type { Configuration, ConfigurationChange } from '../../wire/configuration/configuration.ts';
import type { Administration, Answer } from '../../wire/frames/frame.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { ReadableClock } from '../clock.ts';
import type { RequestOrigin, ReplyTo } from '../replies.ts';
import { reject } from '../replies.ts';
import type { DecidedRequests } from './decided-requests.ts';

export interface AdministrationsContext {
  readonly clock: ReadableClock;
  /** Undefined: nothing is founded yet. */
  readonly configuration: () => Configuration | undefined;
  readonly facts: (configuration: Configuration) => ClusterFacts;
  readonly answer: ReplyTo;
  /** Answers with what is read of the state, when it is sure that this radiant leads still; or refuses. */
  readonly answerLater: (origin: RequestOrigin, read: () => Answer, answer: ReplyTo) => void;
}

interface Sending {
  readonly origin: RequestOrigin;
  readonly sinceMs: number;
}

interface Waiting {
  readonly administration: Administration;
  /** Of the same request: whoever asks again waits for the same answer. */
  sendings: Sending[];
  /** The configuration on which it was decided last, and how often. */
  decided: { readonly number: number; readonly times: number };
}

export class Administrations {
  readonly #context: AdministrationsContext;
  readonly #decided: DecidedRequests;
  /** By who asks for what. */
  readonly #waiting = new Map<string, Waiting>();

  /** @param decided also those of this radiant's terms before */
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
      this.#answer(origin, reject('OVERLOADED', 'the bondsmith has as much to decide as it takes; slow down'));
    }
  }

  /** The next decision that anyone asked for; whoever needs none any more is answered. */
  next(configuration: Configuration): ConfigurationChange | undefined {
    if (this.#waiting.size === 0) return undefined;
    const facts = this.#context.facts(configuration);
    for (const [name, waiting] of this.#waiting) {
      const outcome = administered(configuration, waiting.administration, facts);
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

  /** This radiant decides no more: what was asked for may come about all the same, and does no harm twice. */
  rejectAll(answer: Answer): void {
    const sendings = [...this.#waiting.values()].flatMap((waiting) => waiting.sendings);
    this.#waiting.clear();
    for (const { origin } of sendings) this.#answer(origin, answer);
  }

  /** Shards come many at a time: all that have arrived by now are one decision. */
  #withArrivals(before: Configuration, first: ConfigurationChange, facts: ClusterFacts): ConfigurationChange {
    let after = withChange(before, first);
    for (const waiting of this.#waiting.values()) {
      if (waiting.administration.kind !== 'installed') continue;
      const outcome = administered(after, waiting.administration, facts);
      if (outcome.kind !== 'change') continue;
      after = withChange(after, outcome.change);
      this.#noteDecided(waiting);
    }
    return changeBetween(before.orders, after.orders);
  }

  /** Nobody asks for it any more. */
  #isLetGo({ sendings }: Waiting): boolean {
    const { nowMs, times } = this.#context.clock;
    return sendings.every(({ sinceMs }) => nowMs - sinceMs >= times.client.requestDeadlineMs);
  }

  /** By the time that whoever asked has asked again, it learns why it waits; the newest sending of it waits on. */
  #tellWhy(waiting: Waiting, reason: string): void {
    const { nowMs, times } = this.#context.clock;
    const newest = Math.max(...waiting.sendings.map(({ origin }) => origin.id.number));
    const waitsOn = ({ origin, sinceMs }: Sending) =>
      origin.id.number === newest || nowMs - sinceMs < times.client.requestRetryMs;
    const told = waiting.sendings.filter((sending) => !waitsOn(sending));
    waiting.sendings = waiting.sendings.filter(waitsOn);
    for (const { origin } of told) this.#answer(origin, later(reason));
  }

  /** @param fulfilled in which it is so: by the time of the answer another change may have undone it, and that is no refusal */
  #settle(origin: RequestOrigin, administration: Administration, fulfilled: Configuration | undefined): void {
    const read = (): Answer => {
      if (fulfilled !== undefined) return { kind: 'configuration', configuration: fulfilled };
      const configuration = this.#context.configuration();
      if (configuration === undefined) return NOT_YET;
      return answerTo(administered(configuration, administration, this.#context.facts(configuration)), configuration);
    };
    this.#context.answerLater(origin, read, (one, answer) => this.#answer(one, answer));
  }

  #noteDecided({ sendings }: Waiting): void {
    for (const { origin } of sendings) this.#decided.note(origin.id);
  }

  /** What takes several steps can be refused at a later one, and what is done for lack of proof that it is so still. */
  #answer(origin: RequestOrigin, answer: Answer): void {
    this.#context.answer(origin, this.#decided.qualified(origin.id, answer));
  }
}

/** @returns whether it is decided on: not again and again on one configuration, which shows that it cannot be so */
function count(waiting: Waiting, { number }: Configuration): boolean {
  const times = waiting.decided.number === number ? waiting.decided.times + 1 : 1;
  waiting.decided = { number, times };
  return times <= LIMITS.decisionAttempts;
}

const NOT_YET = reject('UNAVAILABLE', 'it is not so yet, and the configuration may become another one; ask again');

function later(reason: string): Answer {
  return reject('UNAVAILABLE', `${reason}; ask again`);
}

/** The network has brought it twice. */
function isSameRequest({ id: one }: RequestOrigin, { id: other }: RequestOrigin): boolean {
  return one.number === other.number && one.clientBoot === other.clientBoot;
}

function answerTo(outcome: Administered, configuration: Configuration): Answer {
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
