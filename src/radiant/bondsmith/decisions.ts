/** The decisions of one term of a bondsmith (design, rule 9): one at a time, each on the configuration before it. */
import type { Configuration, ConfigurationChange } from '../../wire/configuration/configuration.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import type { Group } from '../replica/group.ts';

export class Decisions {
  readonly #group: Group;
  readonly #term: number;
  /** Of the latest one in the log. */
  #index: LogIndex | undefined;

  constructor(group: Group, term: number) {
    this.#group = group;
    this.#term = term;
  }

  /** The latest one has not had its effect yet, or been passed over. */
  get isUnderWay(): boolean {
    return this.#index !== undefined && this.#index > this.#group.applied;
  }

  /** @param base what it follows; undefined: nothing, it is the founding. @returns whether it went on its way */
  decide(base: Configuration | undefined, change: ConfigurationChange): boolean {
    const entry = { kind: 'configure', term: this.#term, base: base?.number ?? 0, change } as const;
    this.#index = this.#group.propose(entry);
    return this.#index !== undefined;
  }
}
