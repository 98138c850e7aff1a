/**
 * Calls on one key take effect in the order in which they were made: a write waits for all calls before it, a read
 * waits for the writes before it.
 */
import { Fifo } from './fifo.ts';
import type { PendingKeyCall } from './pending-call.ts';

class KeyQueue {
  /** The first one is never settled; settled ones behind it are skipped when they come to the front. */
  readonly #calls = new Fifo<PendingKeyCall>();
  #writes = 0;
  /** Calls behind the first one that were settled. */
  #settled = 0;

  get isEmpty(): boolean {
    return this.#calls.peek() === undefined;
  }

  /** @returns whether the call waits for no other one */
  add(call: PendingKeyCall): boolean {
    const mayStart = isWrite(call) ? this.isEmpty : this.#writes === 0;
    this.#calls.push(call);
    if (isWrite(call)) this.#writes += 1;
    return mayStart;
  }

  /** @returns the calls that waited for this one alone */
  remove(call: PendingKeyCall): readonly PendingKeyCall[] {
    if (isWrite(call)) this.#writes -= 1;
    if (this.#calls.peek() !== call) return this.#removeBehindFirst(call);
    this.#calls.shift();
    while (this.#calls.peek()?.isSettled === true) {
      this.#calls.shift();
      this.#settled -= 1;
    }
    const first = this.#calls.peek();
    if (first === undefined) return [];
    if (isWrite(first)) return [first];
    return isWrite(call) ? readsAtFront(this.#calls) : [];
  }

  #removeBehindFirst(call: PendingKeyCall): readonly PendingKeyCall[] {
    const first = this.#calls.peek();
    const released =
      isWrite(call) && first !== undefined && !isWrite(first) ? readsBehind(this.#calls.toArray(), call) : [];
    this.#settled += 1;
    if (this.#settled * 2 > this.#calls.length) {
      this.#calls.keep(({ isSettled }) => !isSettled);
      this.#settled = 0;
    }
    return released;
  }
}

export class KeyOrder {
  readonly #queues = new Map<string, KeyQueue>();

  /** @returns whether the call waits for no other one */
  add(call: PendingKeyCall): boolean {
    const queue = this.#queues.get(call.keyName) ?? new KeyQueue();
    this.#queues.set(call.keyName, queue);
    return queue.add(call);
  }

  /** The call is settled. @returns the calls that waited for this one alone */
  remove(call: PendingKeyCall): readonly PendingKeyCall[] {
    const queue = this.#queues.get(call.keyName);
    if (queue === undefined) return [];
    const released = queue.remove(call);
    if (queue.isEmpty) this.#queues.delete(call.keyName);
    return released;
  }
}

/** Up to the next write. */
function readsAtFront(calls: Fifo<PendingKeyCall>): readonly PendingKeyCall[] {
  const reads: PendingKeyCall[] = [];
  for (const call of calls) {
    if (call.isSettled) continue;
    if (isWrite(call)) break;
    reads.push(call);
  }
  return reads;
}

/** From a settled write to the next one, where no write comes before it. */
function readsBehind(calls: readonly PendingKeyCall[], write: PendingKeyCall): readonly PendingKeyCall[] {
  const open = calls.filter((call) => call === write || !call.isSettled);
  const at = open.indexOf(write);
  if (open.slice(0, at).some((call) => isWrite(call))) return [];
  const behind = open.slice(at + 1);
  const next = behind.findIndex((call) => isWrite(call));
  return next === -1 ? behind : behind.slice(0, next);
}

function isWrite({ call }: PendingKeyCall): boolean {
  return call.kind === 'write';
}
