/** What people should know about, newest last; there is one problem of each code. */
import type { RadiantView } from '../radiant/contract.ts';
import type { SignalingState } from '../transport/contract.ts';
import type { ErrorCode, ShardbearerError } from '../wire/errors.ts';
import type { Problem } from './contract.ts';

/** Adds a problem as the newest. Pure: old list in, new list out. */
export function withProblem(problems: readonly Problem[], error: Pick<ShardbearerError, 'code' | 'message'>) {
  const { code, message } = error;
  return [...withoutProblem(problems, code), { code, message }];
}

/** Removes a problem that is over. */
function withoutProblem(problems: readonly Problem[], code: ErrorCode): readonly Problem[] {
  return problems.filter((problem) => problem.code !== code);
}

/** With what the radiants of this tab show for as long as it is so: the bondsmith may be one of them. */
export function withShown(problems: readonly Problem[], radiants: readonly Pick<RadiantView, 'withoutRoom'>[]) {
  const why = radiants.find(({ withoutRoom }) => withoutRoom !== undefined)?.withoutRoom;
  return why === undefined
    ? problems
    : withProblem(problems, { code: 'CONFIGURATION_FULL', message: withoutRoom(why) });
}

function withoutRoom(why: string): string {
  return (
    `${why}, but the configuration has no room to say so. ` +
    'Orders neither come nor go until shards are consolidated, or radiants leave'
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
      const message = 'the signaling server does not answer; tabs already linked go on without it';
      this.note({ code: 'SIGNALING_UNREACHABLE', message });
    } else this.#onChange();
  }
}
