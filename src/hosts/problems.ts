/** What people should know about, newest last; there is one problem of each code. */
import type { SignalingState } from '../transport/contract.ts';
import type { ErrorCode, ShardbearerError } from '../wire/errors.ts';
import type { Problem } from './contract.ts';

/** Adds a problem as the newest. Pure: old list in, new list out. */
export function withProblem(problems: readonly Problem[], error: Pick<ShardbearerError, 'code' | 'message'>) {
  const { code, message } = error;
  return [...withoutProblem(problems, code), { code, message }];
}

/** Removes a problem that is over. */
export function withoutProblem(problems: readonly Problem[], code: ErrorCode): readonly Problem[] {
  return problems.filter((problem) => problem.code !== code);
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
      const message = 'the signaling server does not answer; tabs already linked go on without it';
      this.note({ code: 'SIGNALING_UNREACHABLE', message });
    } else this.#onChange();
  }
}
