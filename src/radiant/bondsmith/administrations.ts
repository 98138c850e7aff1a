/**
 * What a bondsmith was asked to change and has not done yet. Each is answered with a configuration in which it is so,
 * when it is sure that nobody else has decided meanwhile; what cannot be is refused in the same way.
 */
import type { Administered } from '../../cluster/administered.ts';
import { administered } from '../../cluster/administration.ts';
import { changeBetween, withChange } from '../../cluster/configuration-change.ts';
import type { ClusterFacts } from '../../cluster/facts.ts';
import type { Configuration, ConfigurationChange } from '../../wire/configuration.ts';
import type { Administration, Answer } from '../../wire/frame.ts';
import { INTERVALS, LIMITS } from '../../wire/limits.ts';
import type { Asked } from '../answers.ts';
import { refuse } from '../answers.ts';

export interface AdministrationsRealm {
  readonly nowMs: () => number;
  /** Undefined: nothing is founded yet. */
  readonly configuration: () => Configuration | undefined;
  readonly facts: (configuration: Configuration) => ClusterFacts;
  readonly answer: (asked: Asked, answer: Answer) => void;
  /** Answers with what is read of the state, when it is sure that this radiant leads still. */
  readonly answerLater: (asked: Asked, read: () => Answer) => void;
}

interface Waiting {
  readonly administration: Administration;
  /** Sendings of the same request: whoever asks again waits for the same answer. */
  readonly asked: Asked[];
  askedMs: number;
  /** The configuration on which it was decided last, and how often. */
  decided: { readonly number: number; readonly times: number };
}

export class Administrations {
  readonly #realm: AdministrationsRealm;
  /** By who asks for what. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(realm: AdministrationsRealm) {
    this.#realm = realm;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add(asked: Asked, administration: Administration): void {
    const name = `${asked.id.client}/${JSON.stringify(administration)}`;
    const askedMs = this.#realm.nowMs();
    const known = this.#waiting.get(name);
    if (known !== undefined) {
      known.askedMs = askedMs;
      known.asked.push(asked);
      if (known.asked.length > LIMITS.waitingRetries) known.asked.shift();
    } else if (this.#waiting.size < LIMITS.pendingAdministrations) {
      this.#waiting.set(name, { administration, asked: [asked], askedMs, decided: { number: 0, times: 0 } });
    } else {
      this.#realm.answer(asked, refuse('OVERLOADED', 'the bondsmith has as much to decide as it takes; slow down'));
    }
  }

  /** The next decision that anyone asked for; whoever needs none any more is answered. */
  next(configuration: Configuration): ConfigurationChange | undefined {
    if (this.#waiting.size === 0) return undefined;
    const facts = this.#realm.facts(configuration);
    for (const [name, waiting] of this.#waiting) {
      const outcome = administered(configuration, waiting.administration, facts);
      if (outcome.kind === 'later' && !this.#isLetGo(waiting)) continue;
      if (outcome.kind === 'change' && count(waiting, configuration)) {
        const { kind } = waiting.administration;
        return kind === 'installed' ? this.#withArrivals(configuration, outcome.change, facts) : outcome.change;
      }
      this.#waiting.delete(name);
      const fulfilled = outcome.kind === 'unchanged' ? configuration : undefined;
      for (const asked of waiting.asked) this.#settle(asked, waiting, fulfilled);
    }
    return undefined;
  }

  /** This radiant decides no more: what was asked for may come about all the same, and does no harm twice. */
  refuseAll(answer: Answer): void {
    const asked = [...this.#waiting.values()].flatMap((waiting) => waiting.asked);
    this.#waiting.clear();
    for (const one of asked) this.#realm.answer(one, answer);
  }

  /** Shards come many at a time: all that have arrived by now are one decision. */
  #withArrivals(before: Configuration, first: ConfigurationChange, facts: ClusterFacts): ConfigurationChange {
    let after = withChange(before, first);
    for (const { administration } of this.#waiting.values()) {
      if (administration.kind !== 'installed') continue;
      const outcome = administered(after, administration, facts);
      if (outcome.kind === 'change') after = withChange(after, outcome.change);
    }
    return changeBetween(before.orders, after.orders);
  }

  /** Nobody asks for it any more. */
  #isLetGo({ askedMs }: Waiting): boolean {
    return this.#realm.nowMs() - askedMs >= INTERVALS.requestDeadlineMs;
  }

  /** @param fulfilled in which it is so: by the time of the answer another change may have undone it, and that is no refusal */
  #settle(asked: Asked, { administration, decided }: Waiting, fulfilled: Configuration | undefined): void {
    this.#realm.answerLater(asked, () => {
      if (fulfilled !== undefined) return { kind: 'configuration', configuration: fulfilled };
      const configuration = this.#realm.configuration();
      if (configuration === undefined) return NOT_YET;
      // What takes several steps can be refused at a later one.
      const withoutEffect = decided.number === 0;
      const outcome = administered(configuration, administration, this.#realm.facts(configuration));
      const answer = answerTo(outcome, configuration);
      return answer.kind === 'refusal' ? { ...answer, withoutEffect } : answer;
    });
  }
}

/** @returns whether it is decided on: not again and again on one configuration, which shows that it cannot be so */
function count(waiting: Waiting, { number }: Configuration): boolean {
  const times = waiting.decided.number === number ? waiting.decided.times + 1 : 1;
  waiting.decided = { number, times };
  return times <= LIMITS.decisionAttempts;
}

const NOT_YET = refuse('UNAVAILABLE', 'it is not so yet, and the configuration may become another one; ask again');

function answerTo(outcome: Administered, configuration: Configuration): Answer {
  switch (outcome.kind) {
    case 'unchanged':
      return { kind: 'configuration', configuration };
    case 'refused':
      return refuse(outcome.code, outcome.message);
    case 'later':
      return refuse('UNAVAILABLE', `${outcome.reason}; ask again`);
    case 'change':
      return NOT_YET;
  }
}
