/**
 * Searches a sequential order of the operations of one part that explains all outputs. Wing and Gong's algorithm, with
 * Lowe's cache of failed pairs of operation set and state.
 */
import type { History, HistoryOperation } from './history.ts';
import type { Model } from './model.ts';

export interface SearchResult<State> {
  readonly linearizable: boolean;
  /** The order found, or else the longest order tried, as indexes into the history. */
  readonly order: readonly number[];
  /** The state of the model after `order`. */
  readonly state: State;
}

/** An invocation or a completion with a known outcome, in a doubly linked list by position. */
interface Node {
  readonly operation: number;
  readonly position: number;
  /** The node of the operation's completion. Undefined if this node is itself a completion. */
  completion: Node | undefined;
  previous: Node | undefined;
  next: Node | undefined;
}

/** An operation placed in the order, with the data to remove it again. */
interface Choice<State> {
  readonly operation: number;
  /**
   * The removed invocation node. Undefined: the operation has an unknown outcome and is at `unknownAt` in `#unknown`.
   */
  readonly node: Node | undefined;
  readonly unknownAt: number;
  readonly stateBefore: State;
}

const BITS = 31;

export function search<State, Input, Output>(
  history: History<Input, Output>,
  model: Model<State, Input, Output>,
): SearchResult<State> {
  return new Search(history, model.narrowed(history)).run();
}

class Search<State, Input, Output> {
  readonly #history: History<Input, Output>;
  readonly #model: Model<State, Input, Output>;
  readonly #head: Node;
  /** Indexes of the operations with unknown outcome, by invocation. */
  readonly #unknown: readonly number[];
  readonly #taken: boolean[];
  readonly #bits: number[];
  readonly #seen = new Set<string>();
  readonly #stateNumbers = new Map<string, number>();
  readonly #choices: Choice<State>[] = [];
  #state: State;
  #best: { order: readonly number[]; state: State };

  constructor(history: History<Input, Output>, model: Model<State, Input, Output>) {
    this.#history = history;
    this.#model = model;
    this.#head = linkNodes(history);
    this.#unknown = history
      .map((_, operation) => operation)
      .filter((operation) => history[operation]?.completion === undefined)
      .sort((a, b) => (history[a]?.invokedAt ?? 0) - (history[b]?.invokedAt ?? 0));
    this.#taken = history.map(() => false);
    this.#bits = Array.from({ length: Math.ceil(history.length / BITS) }, () => 0);
    this.#state = model.initial;
    this.#best = { order: [], state: model.initial };
  }

  run(): SearchResult<State> {
    // The next candidate: first the nodes of the list, then, once a completion ends the list, an index into `#unknown`.
    let node = this.#head.next;
    let unknownAt = 0;
    while (this.#head.next !== undefined) {
      let chosen = false;
      while (node?.completion !== undefined && !chosen) {
        chosen = this.#tryOperation(node.operation, node, 0);
        if (!chosen) node = node.next;
      }
      while (!chosen && unknownAt < this.#unknown.length) {
        chosen = this.#tryUnknown(unknownAt);
        unknownAt++;
      }
      if (chosen) {
        node = this.#head.next;
        unknownAt = 0;
        continue;
      }
      const last = this.#choices.pop();
      if (last === undefined) return { linearizable: false, ...this.#best };
      this.#undo(last);
      if (last.node === undefined) {
        node = undefined;
        unknownAt = last.unknownAt + 1;
      } else {
        node = last.node.next;
        unknownAt = 0;
      }
    }
    return { linearizable: true, order: this.#order(), state: this.#state };
  }

  /**
   * Tries to place an operation of unknown outcome. These operations are tried last, because most of them need not have
   * happened.
   */
  #tryUnknown(unknownAt: number): boolean {
    const operation = this.#unknown[unknownAt];
    if (operation === undefined || this.#taken[operation]) return false;
    // If another operation completed before this invocation, that operation must be placed first.
    let barrier = this.#head.next;
    while (barrier?.completion !== undefined) barrier = barrier.next;
    if (barrier !== undefined && (this.#history[operation]?.invokedAt ?? 0) > barrier.position) return false;
    return this.#tryOperation(operation, undefined, unknownAt);
  }

  #tryOperation(operation: number, node: Node | undefined, unknownAt: number): boolean {
    const { input, completion } = this.#operation(operation);
    const next = this.#model.step(this.#state, input, completion?.output);
    if (next === undefined) return false;
    // An operation of unknown outcome is skipped if it allows no new continuation.
    if (node === undefined && this.#model.covers(this.#state, next.state)) return false;
    this.#flip(operation);
    const configuration = `${this.#bits.join(',')}:${this.#numberOf(next.state)}`;
    if (this.#seen.has(configuration)) {
      this.#flip(operation);
      return false;
    }
    this.#seen.add(configuration);
    this.#choices.push({ operation, node, unknownAt, stateBefore: this.#state });
    this.#state = next.state;
    this.#taken[operation] = true;
    if (node !== undefined) unlink(node);
    if (this.#choices.length > this.#best.order.length) this.#best = { order: this.#order(), state: this.#state };
    return true;
  }

  #undo(choice: Choice<State>): void {
    this.#state = choice.stateBefore;
    this.#taken[choice.operation] = false;
    this.#flip(choice.operation);
    if (choice.node !== undefined) relink(choice.node);
  }

  #flip(operation: number): void {
    const word = Math.floor(operation / BITS);
    this.#bits[word] = (this.#bits[word] ?? 0) ^ (1 << (operation % BITS));
  }

  #numberOf(state: State): number {
    const identity = this.#model.identityOf(state);
    let number = this.#stateNumbers.get(identity);
    if (number === undefined) {
      number = this.#stateNumbers.size;
      this.#stateNumbers.set(identity, number);
    }
    return number;
  }

  #order(): readonly number[] {
    return this.#choices.map((choice) => choice.operation);
  }

  #operation(operation: number): HistoryOperation<Input, Output> {
    const found = this.#history[operation];
    if (found === undefined) throw new RangeError(`the history has no operation ${operation}`);
    return found;
  }
}

function linkNodes(history: History<unknown, unknown>): Node {
  const nodes: Node[] = [];
  history.forEach(({ invokedAt, completion }, operation) => {
    if (completion === undefined) return;
    const end: Node = {
      operation,
      position: completion.at,
      completion: undefined,
      previous: undefined,
      next: undefined,
    };
    nodes.push({ operation, position: invokedAt, completion: end, previous: undefined, next: undefined }, end);
  });
  nodes.sort((a, b) => a.position - b.position);
  const head: Node = { operation: -1, position: -1, completion: undefined, previous: undefined, next: undefined };
  let last = head;
  for (const node of nodes) {
    last.next = node;
    node.previous = last;
    last = node;
  }
  return head;
}

/** Removes both nodes of an operation from the list. The nodes keep their links for `relink`. */
function unlink(invocation: Node): void {
  bypass(invocation);
  if (invocation.completion !== undefined) bypass(invocation.completion);
}

/** Undoes the latest `unlink`. Calls must come in the reverse order of the `unlink` calls. */
function relink(invocation: Node): void {
  if (invocation.completion !== undefined) rejoin(invocation.completion);
  rejoin(invocation);
}

function bypass(node: Node): void {
  if (node.previous !== undefined) node.previous.next = node.next;
  if (node.next !== undefined) node.next.previous = node.previous;
}

function rejoin(node: Node): void {
  if (node.previous !== undefined) node.previous.next = node;
  if (node.next !== undefined) node.next.previous = node;
}
