/** What an application holds in a page. All work is done in the worker. */
import type { Call } from '../../client/contract.ts';
import type { Operation, Versionstamp } from '../../wire/entries/command.ts';
import { OutcomeUnknownError, ShardbearerError } from '../../wire/errors.ts';
import { assert } from '../../wire/assertion.ts';
import { INTERVALS } from '../../wire/limits.ts';
import type { CallResult } from '../client-desk.ts';
import type { CallOptions, ClusterAdministration, HostView, LeaveOptions, Shardbearer } from '../contract.ts';
import { errorCodeOf } from '../envelope.ts';
import { StoreAdministration } from '../administration.ts';
import { leaveTimeoutOf, signalOf } from '../call-options.ts';
import { departedError } from '../departure.ts';
import { encodeKey, type ValueEncoding } from '../text-values.ts';
import type { ViewFeed } from './view-feed.ts';
import type { WorkerClient, WorkerSupervisor } from './worker-supervisor.ts';

export interface StoreParts<Value> {
  readonly supervisor: WorkerSupervisor;
  readonly secret: string;
  readonly encoding: ValueEncoding<Value>;
  readonly views: ViewFeed;
  /** Called once, when the store is closed. */
  readonly onClosed: () => void;
}

export class BrowserStore<Value extends string | Uint8Array> implements Shardbearer<Value> {
  readonly secret: string;
  readonly administration: ClusterAdministration;
  readonly #parts: StoreParts<Value>;
  #closing: Promise<void> | undefined;
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

  async ready(options?: CallOptions): Promise<void> {
    await this.#parts.views.until(isReady, signalOf(options));
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
      last = await this.#whileWorkersLive(signal, (calls) =>
        calls.call('leave', { timeoutMs: deadlineMs - performance.now() }, signal, 'asks'),
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
    try {
      const calls = await this.#calls(undefined);
      await calls.call('close', undefined);
    } catch (error) {
      // A worker that died holds nothing that could be let go.
      if (errorCodeOf(error) === undefined) throw error;
    } finally {
      this.#end(new ShardbearerError('CLOSED', 'this store was closed'));
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
    if (call.kind !== 'write')
      return await this.#whileWorkersLive(signal, (calls) => calls.call('request', call, signal));
    const calls = await this.#calls(signal);
    try {
      return await calls.call('request', call, signal);
    } catch (cause) {
      if (errorCodeOf(cause) !== 'WORKER_DIED') throw cause;
      // It may have taken effect, and only the caller can know what to do.
      throw new OutcomeUnknownError('the worker of this tab ended before it answered; read to find out', { cause });
    }
  }

  /** What changes nothing, or is so already the second time, is asked again where the worker died. */
  async #whileWorkersLive<Result>(
    signal: AbortSignal | undefined,
    ask: (calls: WorkerClient) => Promise<Result>,
  ): Promise<Result> {
    for (;;) {
      const calls = await this.#calls(signal);
      try {
        return await ask(calls);
      } catch (cause) {
        if (errorCodeOf(cause) !== 'WORKER_DIED') throw cause;
      }
    }
  }

  #calls(signal: AbortSignal | undefined): Promise<WorkerClient> {
    return this.#parts.supervisor.calls(performance.now() + INTERVALS.requestDeadlineMs, signal);
  }
}

function isReady({ radiants: [own] }: HostView): boolean {
  return own?.formation.kind === 'formed' && own.orders.some(({ herald }) => herald !== undefined);
}
