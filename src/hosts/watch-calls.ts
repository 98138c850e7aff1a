/** Watches of keys. They check the arguments, ask all orders for changes, and decode what they find. */
import type { Call, SlotRange } from '../client/contract.ts';
import { within } from '../client/slot-ranges.ts';
import { Watcher, type WatchEvent, type WatchRequest, type WatchSelection } from '../client/watcher.ts';
import { afterTimeout, hostScheduler } from '../transport/scheduler.ts';
import { assert } from '../wire/assertion.ts';
import { type ErrorCode, InvalidArgumentError, isShardbearerError } from '../wire/errors.ts';
import type { WatchedRange } from '../wire/frames/frame.ts';
import { asSlot, type ClusterId, SLOT_COUNT } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';
import { callTimeoutOf, readArgument, signalOf } from './arguments.ts';
import type { CallResult } from './client-driver.ts';
import { keyRangeOf } from './key-range.ts';
import type { CallOptions, Change, Watch, WatchOptions, WatchPosition } from './key-value-contract.ts';
import { decodeKey, encodingFor, type ValueEncoding } from './values.ts';
import { formatVersionstamp } from './versionstamps.ts';
import { formatPosition, parsePosition } from './watch-positions.ts';

interface WatchParts {
  readonly request: (call: Call, options: CallOptions | undefined) => Promise<CallResult>;
  readonly encoding: ValueEncoding;
  /** The slots of each order, as far as this tab knows. Together they are all slots. */
  readonly partition: () => readonly (readonly SlotRange[])[];
  /** The cluster of this tab. Undefined until the tab knows it. */
  readonly cluster: () => ClusterId | undefined;
  readonly times: Pick<Times['client'], 'watchRetryMs' | 'watchWaitMs'>;
}

export class WatchCalls {
  readonly #parts: WatchParts;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Checks the arguments at once, before anything is asked for. `KeyValueStore` describes the call. */
  watch(options?: WatchOptions): Watch {
    const encoding = encodingFor(options, this.#parts.encoding);
    const [signal, timeoutMs] = [signalOf(options), options === undefined ? undefined : callTimeoutOf(options)];
    const { from, ...range } = readArgument('the options', () => ({ ...options }));
    const { slot, ...bounds } = keyRangeOf(range);
    const slots = [slot === undefined ? ALL_SLOTS : { first: slot, last: slot }];
    const begun = from === undefined ? undefined : parsePosition(from);
    checkCluster(begun?.cluster, this.#parts.cluster());
    const watcher = watcherFor({ ...bounds, slots }, begun?.ranges);
    const plan = { watcher, encoding, signal, timeoutMs: timeoutMs ?? Number.POSITIVE_INFINITY };
    return new OpenWatch(this.#parts, { ...plan, begunIn: begun?.cluster });
  }
}

const ALL_SLOTS: SlotRange = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1) };

/** Codes of failures that end by themselves. A watch then asks again. Any other failure ends the watch. */
const TEMPORARY: ReadonlySet<ErrorCode> = new Set([
  'LOCKED',
  'NOT_FORMED',
  'NO_QUORUM',
  'OUTCOME_UNKNOWN',
  'OVERLOADED',
  'STORAGE_FAILED',
  'STORAGE_FULL',
  'STORAGE_HUNG',
  'UNAVAILABLE',
  'WORKER_DIED',
]);

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
function watcherFor(selection: WatchSelection, from: readonly WatchedRange[] | undefined): Watcher {
  if (from === undefined) return new Watcher(selection);
  const positions = within(from, selection.slots);
  if (countSlots(positions) === countSlots(selection.slots)) return new Watcher(selection, positions);
  throw new InvalidArgumentError('from is the position of a watch of other keys. Pass the position of such a watch.');
}

/**
 * @param begunIn the cluster of the position from which a watch continues
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
function checkCluster(begunIn: ClusterId | undefined, cluster: ClusterId | undefined): void {
  if (begunIn === undefined || cluster === undefined || begunIn === cluster) return;
  throw new InvalidArgumentError('from is a position in another cluster. Begin the watch without it.');
}

function countSlots(ranges: readonly SlotRange[]): number {
  return ranges.reduce((count, { first, last }) => count + last - first + 1, 0);
}

interface Plan {
  readonly watcher: Watcher;
  /** The cluster of the position from which the watch continues. */
  readonly begunIn: ClusterId | undefined;
  readonly encoding: ValueEncoding;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

/** One watch. It asks its next question while the application handles a change, and keeps one answer of each order. */
class OpenWatch implements Watch {
  readonly #parts: WatchParts;
  readonly #plan: Plan;
  /** Aborts the questions under way when the watch ends. */
  readonly #end = new AbortController();
  /** Settles with the latest call of `next`. */
  #latest: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  /** Lets the waiting call of `next` look again. */
  #wake: () => void = () => undefined;

  constructor(parts: WatchParts, plan: Plan) {
    this.#parts = parts;
    this.#plan = plan;
    if (plan.signal?.aborted === true) this.#stop();
    else plan.signal?.addEventListener('abort', this.#stop);
  }

  get position(): WatchPosition | undefined {
    const [ranges, cluster] = [this.#plan.watcher.positions, this.#parts.cluster()];
    return ranges && cluster && formatPosition({ cluster, ranges });
  }

  next(): Promise<IteratorResult<Change, undefined>> {
    const result = this.#latest.then(() => this.#nextOrEnd());
    this.#latest = result.catch(() => undefined);
    return result;
  }

  async return(): Promise<IteratorResult<Change, undefined>> {
    this.#stop();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** An error ends the watch. */
  async #nextOrEnd(): Promise<IteratorResult<Change, undefined>> {
    try {
      return await this.#next();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  async #next(): Promise<IteratorResult<Change, undefined>> {
    const { watcher } = this.#plan;
    for (;;) {
      if (this.#end.signal.aborted) return DONE;
      if (this.#failure !== undefined) throw this.#failure.error;
      checkCluster(this.#plan.begunIn, this.#parts.cluster());
      this.#ask();
      const event = watcher.take();
      if (event !== undefined) {
        this.#ask();
        return { done: false, value: this.#decoded(event) };
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #ask(): void {
    for (const request of this.#plan.watcher.takeRequests(this.#parts.partition())) void this.#answer(request);
  }

  async #answer(request: WatchRequest): Promise<void> {
    const { watcher, timeoutMs } = this.#plan;
    const sinceMs = request.failingSinceMs ?? performance.now();
    const leftMs = timeoutMs - (performance.now() - sinceMs);
    try {
      const answer = await this.#parts.request(request.call, {
        signal: this.#end.signal,
        // An order without changes answers only after a while.
        timeoutMs: Number.isFinite(leftMs) ? Math.max(leftMs, 1) + this.#parts.times.watchWaitMs : undefined,
      });
      assert(answer.kind === 'page' || answer.kind === 'changes', 'a watcher gets pages and changes');
      watcher.answered(request, answer);
    } catch (error) {
      if (this.#end.signal.aborted) return;
      const isTemporary = isShardbearerError(error) && TEMPORARY.has(error.code);
      if (isTemporary && performance.now() - sinceMs < timeoutMs) {
        await new Promise<void>((resolve) => void afterTimeout(hostScheduler, this.#parts.times.watchRetryMs, resolve));
        watcher.failed(request, sinceMs);
      } else this.#failure = { error };
    }
    this.#wake();
  }

  #decoded(event: WatchEvent): Change {
    if (event.kind === 'resync') return { type: 'resync' };
    const { key, value, versionstamp } = event.kind === 'entry' ? event.entry : event.change;
    const described = { key: decodeKey(key), versionstamp: formatVersionstamp(versionstamp) };
    const type = event.kind === 'entry' ? 'put' : event.change.type;
    return type === 'put' ? { type, ...described, value: this.#plan.encoding.decode(value) } : { type, ...described };
  }

  readonly #stop = (): void => {
    this.#plan.signal?.removeEventListener('abort', this.#stop);
    this.#end.abort();
    this.#wake();
  };
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
