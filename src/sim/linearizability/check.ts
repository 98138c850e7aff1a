/** Decides whether a history is linearizable, and explains a failure. */
import { type History, type HistoryOperation, prefixThrough } from './history.ts';
import type { Model } from './model.ts';
import { type SearchResult, search } from './search.ts';

export type Verdict =
  | { readonly linearizable: true }
  | {
      readonly linearizable: false;
      /** The key whose history is not linearizable. */
      readonly part: string;
      /** Position of the first completion that no linearization explains. */
      readonly failsAt: number;
      readonly prefixOperations: number;
      readonly explanation: string;
    };

/** Checks each key separately, because linearizability is local (Herlihy and Wing, theorem 1). */
export function checkLinearizability<State, Input, Output>(
  history: History<Input, Output>,
  model: Model<State, Input, Output>,
): Verdict {
  for (const [part, operations] of partition(history, model)) {
    if (!search(operations, model).linearizable) return explainFailure(part, operations, model);
  }
  return { linearizable: true };
}

function partition<State, Input, Output>(
  history: History<Input, Output>,
  model: Model<State, Input, Output>,
): Map<string, HistoryOperation<Input, Output>[]> {
  const parts = new Map<string, HistoryOperation<Input, Output>[]>();
  for (const operation of history) {
    const part = model.partOf(operation.input);
    const operations = parts.get(part);
    if (operations === undefined) parts.set(part, [operation]);
    else operations.push(operation);
  }
  return parts;
}

/**
 * Finds the shortest failing prefix by bisection. Bisection is sound because every prefix of a linearizable history is
 * linearizable.
 */
function explainFailure<State, Input, Output>(
  part: string,
  operations: History<Input, Output>,
  model: Model<State, Input, Output>,
): Verdict {
  const completions = operations
    .flatMap((operation) => (operation.completion === undefined ? [] : [operation.completion.at]))
    .sort((a, b) => a - b);
  let fits = 0;
  let fails = completions.length;
  while (fits + 1 < fails) {
    const middle = (fits + fails) >> 1;
    const prefix = prefixThrough(operations, completions[middle - 1] ?? 0);
    if (search(prefix, model).linearizable) fits = middle;
    else fails = middle;
  }
  const failsAt = completions[fails - 1] ?? 0;
  const prefix = prefixThrough(operations, failsAt);
  const explanation = explain(part, prefix, failsAt, search(prefix, model), model);
  return { linearizable: false, part, failsAt, prefixOperations: prefix.length, explanation };
}

const LINES_SHOWN = 12;

function explain<State, Input, Output>(
  part: string,
  prefix: History<Input, Output>,
  failsAt: number,
  result: SearchResult<State>,
  model: Model<State, Input, Output>,
): string {
  const line = (operation: HistoryOperation<Input, Output>): string => {
    const end = operation.completion === undefined ? 'open' : String(operation.completion.at);
    const words = model.describe(operation.input, operation.completion?.output);
    return `  [${operation.invokedAt}, ${end}] ${operation.process}: ${words}`;
  };
  const tried = result.order.flatMap((place) => prefix[place] ?? []);
  const left = prefix.filter((_, place) => !result.order.includes(place));
  const last = prefix.find((operation) => operation.completion?.at === failsAt);
  const leftOut = Math.max(0, tried.length - LINES_SHOWN);
  return [
    `${part}: no order of these ${prefix.length} operations explains what was answered.`,
    'It broke when this one completed:',
    ...(last === undefined ? [] : [line(last)]),
    `The longest order that a single copy could have followed${leftOut > 0 ? ` (its first ${leftOut} left out)` : ''}:`,
    ...tried.slice(leftOut).map(line),
    `  leaves ${model.describeState(result.state)}, and then none of these fits:`,
    ...left.slice(0, LINES_SHOWN).map(line),
    ...(left.length > LINES_SHOWN ? [`  … and ${left.length - LINES_SHOWN} more`] : []),
  ].join('\n');
}
