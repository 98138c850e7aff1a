/** The list of problems that a person should know. It holds one problem of each code, the newest last. */
import type { RadiantView } from '../radiant/contract.ts';
import type { SignalingState } from '../transport/contract.ts';
import { type ErrorCode, ShardbearerError } from '../wire/errors.ts';
import { type RadiantId, shortId } from '../wire/identifiers.ts';
import type { Problem } from './contract.ts';

export function withProblem(problems: readonly Problem[], error: Pick<ShardbearerError, 'code' | 'message'>) {
  const { code, message } = error;
  return [...withoutProblem(problems, code), { code, message }];
}

function withoutProblem(problems: readonly Problem[], code: ErrorCode): readonly Problem[] {
  return problems.filter((problem) => problem.code !== code);
}

/** Adds the problem of a full configuration if a radiant's view shows it. */
export function withShown(problems: readonly Problem[], radiants: readonly Pick<RadiantView, 'withoutRoom'>[]) {
  const why = radiants.find(({ withoutRoom }) => withoutRoom !== undefined)?.withoutRoom;
  return why === undefined
    ? problems
    : withProblem(problems, { code: 'CONFIGURATION_FULL', message: withoutRoom(why) });
}

function withoutRoom(why: string): string {
  return (
    `${why}, but the configuration has no room to say so. ` +
    'No order is created or dissolved until shards are consolidated or radiants leave'
  );
}

export class ProblemList {
  readonly #onChange: () => void;
  #problems: readonly Problem[] = [];

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get all(): readonly Problem[] {
    return this.#problems;
  }

  note(error: Problem): void {
    this.#problems = withProblem(this.#problems, error);
    this.#onChange();
  }

  over(...codes: readonly ErrorCode[]): void {
    for (const code of codes) this.#problems = withoutProblem(this.#problems, code);
  }

  noteSignaling(state: SignalingState): void {
    this.over('SIGNALING_UNREACHABLE');
    if (state === 'unreachable') {
      const message = 'The signaling server does not answer. Linked tabs continue without it.';
      this.note({ code: 'SIGNALING_UNREACHABLE', message });
    } else this.#onChange();
  }
}

export function foundedTwice(others: readonly RadiantId[]): ShardbearerError {
  const names = others.map((radiant) => shortId(radiant)).join(', ');
  return new ShardbearerError(
    'FOUNDED_TWICE',
    `Radiants of another founding of this cluster were found: ${names}. Both clusters keep their data.`,
  );
}

export function memoryOnly(): ShardbearerError {
  return new ShardbearerError(
    'STORAGE_UNAVAILABLE',
    'This browser keeps no data for this site. The tab reads and writes through other tabs, holds no copy and never votes. ' +
      'Allow site data or leave private mode, and reload the page.',
  );
}
