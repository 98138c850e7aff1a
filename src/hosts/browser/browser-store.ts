/** The store in a page. It forwards all work to the worker. */
import { CallBudget, checkedBytes } from '../../client/call-limits.ts';
import { adviceOnUnknown } from '../../client/call-outcome.ts';
import type { Call } from '../../client/contract.ts';
import type { Operation, Versionstamp } from '../../wire/entries/command.ts';
import { errorOf, OutcomeUnknownError, ShardbearerError, withEffect } from '../../wire/errors.ts';
import { asSentence } from '../../wire/sentence.ts';
import { assert } from '../../wire/assertion.ts';
import type { Times } from '../../wire/times.ts';
import { afterTimeout, hostScheduler } from '../../transport/scheduler.ts';
import type { CallResult } from '../client-driver.ts';
import type {
  CallOptions,
  ClusterAdministration,
  HostView,
  LeaveOptions,
  ReadyOptions,
  Shardbearer,
} from '../contract.ts';
import { errorCodeOf, typedError } from '../error-record.ts';
import { StoreAdministration } from '../administration.ts';
import { leaveTimeoutOf, readyTimeoutOf, signalOf } from '../arguments.ts';
import { leftError } from '../leave-process.ts';
import { isReady, notReadyWithin, whatIsMissing } from '../readiness.ts';
import { encodeKey, type ValueEncoding } from '../text-values.ts';
import type { ConsoleNotices } from './console-notices.ts';
import type { ViewFeed } from './view-feed.ts';
import type { WorkerClient } from './worker-protocol.ts';
import type { WorkerSupervisor } from './worker-supervisor.ts';

interface StoreParts<Value> {
  readonly supervisor: Pick<WorkerSupervisor, 'running' | 'untilRunning' | 'end'>;
  readonly secret: string;
  readonly encoding: ValueEncoding<Value>;
  readonly views: ViewFeed;
  readonly notices: ConsoleNotices;
  readonly signalingUrl: string;
  readonly times: Times;
  /** Called once when the store closes. */
  readonly onClosed: () => void;
}

export class BrowserStore<Value extends string | Uint8Array> implements Shardbearer<Value> {
  readonly secret: string;
  readonly administration: ClusterAdministration;
  readonly #parts: StoreParts<Value>;
  #closing: Promise<void> | undefined;
  readonly #budget = new CallBudget();
  #hasLeft = false;

  constructor(parts: StoreParts<Value>) {
    this.#parts = parts;
    this.secret = parts.secret;
    this.administration = new StoreAdministration((call, options) => this.#request(call, options));
  }

  async get(key: string, options?: CallOptions): Promise<Value | undefined> {
    const result = await this.#request({ kind: 'get', key: encodeKey(key) }, options);
    if (result.kind === 'missing') return undefined;
    assert(result.kind === 'value', 'a read is answered by a value or its absence');
    return this.#parts.encoding.decode(result.value);
  }

  async put(key: string, value: Value, options?: CallOptions): Promise<Versionstamp> {
    const operation = { kind: 'put', key: encodeKey(key), value: this.#parts.encoding.encode(value) } as const;
    return (await this.#write(operation, options)).versionstamp;
  }

  async append(key: string, value: Value, options?: CallOptions): Promise<Versionstamp> {
    const operation = { kind: 'append', key: encodeKey(key), value: this.#parts.encoding.encode(value) } as const;
    return (await this.#write(operation, options)).versionstamp;
  }

  async delete(key: string, options?: CallOptions): Promise<boolean> {
    return (await this.#write({ kind: 'delete', key: encodeKey(key) }, options)).existed;
  }

  view(): HostView {
    return this.#parts.views.current;
  }

  onView(listener: (view: HostView) => void): () => void {
    return this.#parts.views.onFrame(listener);
  }

  async ready(options?: ReadyOptions): Promise<void> {
    const { views, notices, signalingUrl, times } = this.#parts;
    const [signal, timeoutMs] = [signalOf(options), readyTimeoutOf(options)];
    const stopNotice = afterTimeout(hostScheduler, times.page.readyNoticeMs, () =>
      notices.warn(whatIsMissing(views.current, signalingUrl)),
    );
    try {
      await views.until(isReady, signal, { timeoutMs, late: (view) => notReadyWithin(view, signalingUrl, timeoutMs) });
    } finally {
      stopNotice();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async leave(options?: LeaveOptions): Promise<void> {
    const signal = signalOf(options);
    const deadlineMs = performance.now() + leaveTimeoutOf(options);
    let last: HostView;
    try {
      last = await this.#whileWorkersLive(
        signal,
        (calls) => calls.call('leave', { timeoutMs: deadlineMs - performance.now() }, { signal, abort: 'asks' }),
        (error) => withEffect(error, 'unknown'),
      );
    } catch (error) {
      // The answer to another call of `leave()` closed the store and ended this call. The tab has left for both calls.
      if (!this.#hasLeft || errorCodeOf(error) !== 'CLOSED') throw error;
      return;
    }
    this.#hasLeft = true;
    this.#closing ??= Promise.resolve();
    this.#parts.views.show(last);
    this.#end(leftError());
  }

  /** Ends the store at once, without a goodbye, before the data of this device is deleted. */
  abandon(error: ShardbearerError): void {
    this.#closing ??= Promise.resolve();
    this.#end(error);
  }

  async #close(): Promise<void> {
    const patience = new AbortController();
    const stopWaiting = afterTimeout(hostScheduler, this.#parts.times.page.closePatienceMs, () => patience.abort());
    try {
      const { supervisor } = this.#parts;
      const calls = supervisor.running ?? (await supervisor.untilRunning(patience.signal));
      await calls.call('close', undefined, { signal: patience.signal });
    } catch (error) {
      // A dead worker holds no identity. A worker whose disk hangs is terminated without a goodbye.
      if (errorCodeOf(error) === undefined) throw error;
    } finally {
      stopWaiting();
      this.#end(new ShardbearerError('CLOSED', 'The store was closed. Open it again.'));
    }
  }

  #end(error: ShardbearerError): void {
    this.#parts.views.addProblem(error);
    this.#parts.views.end(error);
    this.#parts.supervisor.end(error);
    this.#parts.onClosed();
  }

  async #write(operation: Operation, options: CallOptions | undefined): Promise<CallResult & { kind: 'written' }> {
    const result = await this.#request({ kind: 'write', operation }, options);
    assert(result.kind === 'written', 'a write is answered by its versionstamp');
    return result;
  }

  async #request(call: Call, options: CallOptions | undefined): Promise<CallResult> {
    const signal = options === undefined ? undefined : signalOf(options);
    const bytes = checkedBytes(call);
    // The worker enforces the same budget. This check comes first, so that a rejected call is not copied to the worker.
    this.#budget.take(bytes);
    // Only the worker knows whether an aborted call was sent.
    const abort = { signal, abort: 'asks', abortPatienceMs: this.#parts.times.client.abortPatienceMs } as const;
    const callOptions = { ...abort, unanswered: (error: ShardbearerError) => unansweredError(call, error) };
    try {
      if (call.kind !== 'write') {
        return await this.#whileWorkersLive(
          signal,
          (calls) => calls.call('request', call, callOptions),
          (last) => errorAfterLostSending(call, last),
        );
      }
      const { supervisor } = this.#parts;
      const calls = supervisor.running ?? (await supervisor.untilRunning(signal));
      return await calls.call('request', call, callOptions);
    } finally {
      this.#budget.free(bytes);
    }
  }

  /**
   * Runs an idempotent call, and repeats it with the next worker if the worker dies.
   * @param afterLost converts the error of a call that was sent before
   */
  async #whileWorkersLive<Result>(
    signal: AbortSignal | undefined,
    ask: (calls: WorkerClient) => Promise<Result>,
    afterLost: (last: ShardbearerError) => ShardbearerError,
  ): Promise<Result> {
    const { supervisor } = this.#parts;
    const attempt = async () => {
      const calls = supervisor.running ?? (await supervisor.untilRunning(signal));
      try {
        return { kind: 'answered', result: await ask(calls) } as const;
      } catch (error) {
        if (errorCodeOf(error) === 'WORKER_DIED') return { kind: 'lost' } as const;
        throw error;
      }
    };
    let outcome = await attempt();
    while (outcome.kind === 'lost') {
      outcome = await attempt().catch((error: unknown) => {
        throw afterLost(typedError(error));
      });
    }
    return outcome.result;
  }
}

/**
 * Returns the error of a call that was handed to the worker and gets no answer.
 * @param why the reason why no answer comes
 */
function unansweredError(call: Call, why: ShardbearerError): ShardbearerError {
  if (call.kind === 'get' || call.kind === 'query') return withEffect(why, 'none');
  const message = `${asSentence(why.message)} ${adviceOnUnknown(call)}`;
  // A write is not sent again after the worker died, so its outcome is unknown. Administrative calls are sent again.
  if (why.code === 'WORKER_DIED' && call.kind === 'write') return new OutcomeUnknownError(message, { cause: why });
  return errorOf(why.code, message, { cause: why.cause, effect: 'unknown' });
}

/**
 * Returns the error of a call that an earlier worker may have executed before it died.
 * @param last error of the last sending
 */
function errorAfterLostSending(call: Call, last: ShardbearerError): ShardbearerError {
  if (call.kind !== 'administer' || last.effect === 'unknown') return last;
  const message = `${asSentence(last.message)} An earlier sending was lost with its worker. ${adviceOnUnknown(call)}`;
  return new OutcomeUnknownError(message, { cause: last });
}

/**
 * Returns the store as a frozen object of functions that work without their receiver. Applications destructure the
 * store, and frameworks call its methods on a proxy, which has no private fields.
 */
export function detachedStore<Value extends string | Uint8Array>(store: Shardbearer<Value>): Shardbearer<Value> {
  return Object.freeze<Shardbearer<Value>>({
    secret: store.secret,
    administration: detachedAdministration(store.administration),
    get: store.get.bind(store),
    put: store.put.bind(store),
    append: store.append.bind(store),
    delete: store.delete.bind(store),
    view: store.view.bind(store),
    onView: store.onView.bind(store),
    ready: store.ready.bind(store),
    close: store.close.bind(store),
    leave: store.leave.bind(store),
  });
}

function detachedAdministration(administration: ClusterAdministration): ClusterAdministration {
  return Object.freeze<ClusterAdministration>({
    configuration: administration.configuration.bind(administration),
    join: administration.join.bind(administration),
    leave: administration.leave.bind(administration),
    move: administration.move.bind(administration),
    fracture: administration.fracture.bind(administration),
    consolidate: administration.consolidate.bind(administration),
  });
}
