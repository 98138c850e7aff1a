/**
 * Calls on one key take effect in the order in which they were made: a write
 * waits for all before it, a read for the writes before it.
 */
import type { PendingKeyCall } from './pending-call.ts';

export class KeyOrder {
  readonly #waiting = new Map<string, PendingKeyCall[]>();

  add(call: PendingKeyCall): void {
    const queue = this.#waiting.get(call.keyName);
    if (queue === undefined) this.#waiting.set(call.keyName, [call]);
    else queue.push(call);
  }

  mayStart(call: PendingKeyCall): boolean {
    const queue = this.#waiting.get(call.keyName) ?? [];
    if (call.call.kind === 'write') return queue[0] === call;
    const firstWrite = queue.findIndex((other) => other.call.kind === 'write');
    return firstWrite === -1 || queue.indexOf(call) < firstWrite;
  }

  /** @returns those that may start now and could not before, at most: all that wait on this key */
  remove(call: PendingKeyCall): readonly PendingKeyCall[] {
    const queue = this.#waiting.get(call.keyName);
    if (queue === undefined) return [];
    queue.splice(queue.indexOf(call), 1);
    if (queue.length === 0) this.#waiting.delete(call.keyName);
    const nextWrite = queue.findIndex((other) => other.call.kind === 'write');
    return nextWrite === 0 ? queue.slice(0, 1) : nextWrite === -1 ? [...queue] : queue.slice(0, nextWrite);
  }
}
