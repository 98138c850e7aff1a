/** The list of what people should know about. Pure: old list in, new list out. */
import type { ErrorCode, ShardbearerError } from '../wire/errors.ts';
import type { Problem } from './contract.ts';

/** Adds a problem as the newest; there is one of each code. */
export function withProblem(problems: readonly Problem[], error: Pick<ShardbearerError, 'code' | 'message'>) {
  const { code, message } = error;
  return [...withoutProblem(problems, code), { code, message }];
}

/** Removes a problem that is over. */
export function withoutProblem(problems: readonly Problem[], code: ErrorCode): readonly Problem[] {
  return problems.filter((problem) => problem.code !== code);
}
