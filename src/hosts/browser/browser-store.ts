/** What an application holds in a page. All work is done in the worker. */
import { CallBudget, callBytes, checkCall } from '../../client/call-limits.ts';
import type { Call } from '../../client/contract.ts';
import type { Operation, Versionstamp } from '../../wire/entries/command.ts';
import { ShardbearerError, withEffect } from '../../wire/errors.ts';
import { assert } from '../../wire/assertion.ts';
import { INTERVALS } from '../../wire/limits.ts';
import { hostScheduler } from '../../transport/scheduler.ts';
import type { CallResult } from '../client-driver.ts';
import { afterTimeout } from '../after.ts';
import type {
  CallOptions,
  ClusterAdministration,
  HostView,
  LeaveOptions,
  ReadyOptions,
  Shardbearer,
} from '../contract.ts';
import { errorCodeOf, typedError } from '../envelope.ts';
import { StoreAdministration } from '../administration.ts';
import { leaveTimeoutOf, readyTimeoutOf, signalOf } from '../call-options.ts';
import { departedError } from '../departure.ts';
import { isReady, notReadyWithin, whatIsMissing } from '../readiness.ts';
import { encodeKey, type ValueEncoding } from '../text-values.ts';
import { afterLostSending, unanswered } from '../unanswered.ts';
import type { ConsoleNotices } from './console-notices.ts';
import type { ViewFeed } from './view-feed.ts';
import type { WorkerClient } from './worker-protocol.ts';
import type { WorkerSupervisor } from './worker-supervisor.ts';

export interface StoreParts<Value> {
  readonly supervisor: Pick<WorkerSupervisor, 'calls' | 'end'>;
  readonly secret: string;
  readonly encoding: ValueEncoding<Value>;
  readonly views: ViewFeed;
  readonly notices: ConsoleNotices;
  readonly signalingUrl: string;
  /** Called once, when the store is closed. */
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
    const { views, notices, signalingUrl } = this.#parts;
    const [signal, timeoutMs] = [signalOf(options), readyTimeoutOf(options)];
    const stopNotice = afterTimeout(hostScheduler, INTERVALS.readyNoticeMs, () =>
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
      // Another call was answered first, and ended all others with it: to this one, too, the tab has left.
      if (!this.#hasLeft || errorCodeOf(error) !== 'CLOSED') throw error;
      return;
    }
    this.#hasLeft = true;
    this.#closing ??= Promise.resolve();
    this.#parts.views.show(last);
    this.#end(departedError());
  }

  /** Ends everything at once, without a goodbye: the data of this device is about to go. */
  abandon(error: ShardbearerError): void {
    this.#closing ??= Promise.resolve();
    this.#end(error);
  }

  async #close(): Promise<void> {
    const patience = new AbortController();
    const stopWaiting = afterTimeout(hostScheduler, INTERVALS.closePatienceMs, () => patience.abort());
    try {
      const calls = await this.#calls(patience.signal);
      await calls.call('close', undefined, { signal: patience.signal });
    } catch (error) {
      // A worker that died holds nothing that could be let go; one whose disk hangs is ended without a goodbye.
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
    const signal = signalOf(options);
    checkCall(call);
    const bytes = callBytes(call);
    // Counted here, too: what the worker would refuse is not copied to it first.
    this.#budget.take(bytes);
    try {
      return await this.#ask(call, signal);
    } finally {
      this.#budget.free(bytes);
    }
  }

  async #ask(call: Call, signal: AbortSignal | undefined): Promise<CallResult> {
    // Only the worker knows whether a call that is aborted was sent.
    const abort = { abort: 'asks', abortPatienceMs: INTERVALS.abortPatienceMs } as const;
    const ask = (calls: WorkerClient) =>
      calls.call('request', call, { signal, ...abort, unanswered: (error) => unanswered(call, error) });
    if (call.kind === 'write') return await ask(await this.#calls(signal));
    return await this.#whileWorkersLive(signal, ask, (last) => afterLostSending(call, last));
  }

  /** Sends an idempotent call again if the worker dies. @param afterLost turns an error into that of a call sent before */
  async #whileWorkersLive<Result>(
    signal: AbortSignal | undefined,
    ask: (calls: WorkerClient) => Promise<Result>,
    afterLost: (last: ShardbearerError) => ShardbearerError,
  ): Promise<Result> {
    const attempt = async () => {
      const calls = await this.#calls(signal);
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

  #calls(signal: AbortSignal | undefined): Promise<WorkerClient> {
    return this.#parts.supervisor.calls(performance.now() + INTERVALS.requestDeadlineMs, signal);
  }
}
