/** The store in a page. It forwards all work to the worker. */
import { CallBudget, checkedBytes } from '../../client/call-limits.ts';
import { adviceOnUnknown } from '../../client/call-outcome.ts';
import type { Call, SlotRange } from '../../client/contract.ts';
import { errorOf, OutcomeUnknownError, ShardbearerError, withEffect } from '../../wire/errors.ts';
import { asSlot, type LockId, SLOT_COUNT } from '../../wire/identifiers.ts';
import { asSentence } from '../../wire/sentence.ts';
import type { Times } from '../../wire/times.ts';
import { afterTimeout, hostScheduler } from '../../transport/scheduler.ts';
import type { CallResult } from '../client-driver.ts';
import type { ClusterAdministration, HostView, StoreStatus } from '../contract.ts';
import type { CallOptions } from '../key-value-contract.ts';
import { errorCodeOf, typedError } from '../error-record.ts';
import { StoreAdministration } from '../administration.ts';
import { callTimeoutOf, checkListener, leaveTimeoutOf, readyTimeoutOf, signalOf } from '../arguments.ts';
import { leftError } from '../leave-process.ts';
import { isSameStatus, statusOf } from '../status.ts';
import { isReady, notReadyWithin, whatIsMissing } from '../readiness.ts';
import { KeyValueCalls } from '../key-value-calls.ts';
import { MachineCalls } from '../machine-calls.ts';
import { ListCalls } from '../list-calls.ts';
import { TransactionCalls } from '../transaction-calls.ts';
import { WatchCalls } from '../watch-calls.ts';
import type { ValueEncoding } from '../values.ts';
import type { ConsoleNotices } from './console-notices.ts';
import { randomId } from './randomness.ts';
import type { ViewFeed } from './view-feed.ts';
import type { WorkerClient } from './worker-protocol.ts';
import type { WorkerSupervisor } from './worker-supervisor.ts';

interface StoreParts {
  readonly supervisor: Pick<WorkerSupervisor, 'running' | 'untilRunning' | 'end'>;
  readonly secret: string;
  readonly encoding: ValueEncoding;
  readonly views: ViewFeed;
  readonly notices: ConsoleNotices;
  readonly signalingUrl: string;
  readonly times: Times;
  /** Called once when the store closes. */
  readonly onClosed: () => void;
}

export class BrowserStore {
  readonly secret: string;
  readonly calls: KeyValueCalls;
  readonly lists: ListCalls;
  readonly transactions: TransactionCalls;
  readonly watches: WatchCalls;
  readonly machines: MachineCalls;
  readonly administration: ClusterAdministration;
  readonly #parts: StoreParts;
  #closing: Promise<void> | undefined;
  readonly #budget = new CallBudget();
  #hasLeft = false;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.secret = parts.secret;
    const request = (call: Call, options: CallOptions | undefined) => this.#request(call, options);
    this.calls = new KeyValueCalls(request, parts.encoding);
    const partition = () => partitionIn(parts.views.current);
    this.lists = new ListCalls({ request, encoding: parts.encoding, partition, newLock: () => randomId<LockId>() });
    this.transactions = new TransactionCalls({ request, lists: this.lists, encoding: parts.encoding });
    const cluster = () => parts.views.current.radiants[0]?.cluster;
    this.watches = new WatchCalls({ request, encoding: parts.encoding, partition, cluster, times: parts.times.client });
    this.machines = new MachineCalls(request);
    this.administration = new StoreAdministration(request);
  }

  view(): HostView {
    return this.#parts.views.current;
  }

  onView(listener: (view: HostView) => void): () => void {
    return this.#parts.views.onFrame(listener);
  }

  get status(): StoreStatus {
    const { views, signalingUrl } = this.#parts;
    if (views.ended !== undefined) return { kind: 'offline', code: views.ended.code, why: views.ended.message };
    return statusOf(views.current, signalingUrl);
  }

  onStatus(listener: (status: StoreStatus) => void): () => void {
    checkListener(listener);
    let last: StoreStatus | undefined;
    return this.#parts.views.onFrame(() => {
      const { status } = this;
      if (last !== undefined && isSameStatus(last, status)) return;
      last = status;
      listener(status);
    });
  }

  async ready(options?: CallOptions): Promise<void> {
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

  async leave(options?: CallOptions): Promise<void> {
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

  async #request(call: Call, options: CallOptions | undefined): Promise<CallResult> {
    const signal = options === undefined ? undefined : signalOf(options);
    const timeoutMs = options === undefined ? undefined : callTimeoutOf(options);
    const bytes = checkedBytes(call);
    // The worker enforces the same budget. This check comes first, so that a rejected call is not copied to the worker.
    this.#budget.take(bytes);
    // Only the worker knows whether an aborted call was sent.
    const abort = { signal, abort: 'asks', abortPatienceMs: this.#parts.times.client.abortPatienceMs } as const;
    const callOptions = { ...abort, unanswered: (error: ShardbearerError) => unansweredError(call, error) };
    try {
      if (call.kind !== 'write' && call.kind !== 'transaction') {
        return await this.#whileWorkersLive(
          signal,
          (calls) => calls.call('request', { call, timeoutMs }, callOptions),
          (last) => errorAfterLostSending(call, last),
          timeoutMs,
        );
      }
      const calls = this.#parts.supervisor.running ?? (await this.#untilRunning(signal, timeoutMs));
      return await calls.call('request', { call, timeoutMs }, callOptions);
    } finally {
      this.#budget.free(bytes);
    }
  }

  /** @throws {ShardbearerError} `UNAVAILABLE` if no worker runs within the time-out */
  #untilRunning(signal: AbortSignal | undefined, timeoutMs = Number.POSITIVE_INFINITY): Promise<WorkerClient> {
    return new Promise((resolve, reject) => {
      const stop = afterTimeout(hostScheduler, timeoutMs, () =>
        reject(
          new ShardbearerError(
            'UNAVAILABLE',
            `The worker of this tab did not start within ${timeoutMs / 1000} s. Nothing was sent. Try again.`,
          ),
        ),
      );
      this.#parts.supervisor.untilRunning(signal).then(resolve, reject).finally(stop);
    });
  }

  /**
   * Runs an idempotent call, and repeats it with the next worker if the worker dies.
   * @param afterLost converts the error of a call that was sent before
   * @param timeoutMs longest wait for each worker; undefined for no limit
   */
  async #whileWorkersLive<Result>(
    signal: AbortSignal | undefined,
    ask: (calls: WorkerClient) => Promise<Result>,
    afterLost: (last: ShardbearerError) => ShardbearerError,
    timeoutMs?: number,
  ): Promise<Result> {
    const attempt = async () => {
      const calls = this.#parts.supervisor.running ?? (await this.#untilRunning(signal, timeoutMs));
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

const EFFECTLESS: ReadonlySet<Call['kind']> = new Set(['get', 'list', 'lock-range', 'release-range', 'watch', 'query']);

/**
 * Returns the error of a call that was handed to the worker and gets no answer.
 * @param why the reason why no answer comes
 */
function unansweredError(call: Call, why: ShardbearerError): ShardbearerError {
  if (EFFECTLESS.has(call.kind)) return withEffect(why, 'none');
  const message = `${asSentence(why.message)} ${adviceOnUnknown(call)}`;
  // A write is not sent again after the worker died, so its outcome is unknown. Administrative calls are sent again.
  const isSentOnce = call.kind === 'write' || call.kind === 'transaction';
  if (why.code === 'WORKER_DIED' && isSentOnce) return new OutcomeUnknownError(message, { cause: why });
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

/** The slots of each order in the configuration that the view shows. Without one, all slots are one part. */
function partitionIn({ radiants: [own] }: HostView): readonly (readonly SlotRange[])[] {
  if (own?.formation.kind !== 'formed') return [[{ first: asSlot(0), last: asSlot(SLOT_COUNT - 1) }]];
  const parts = own.formation.configuration.orders.map(({ shards }) =>
    shards.map(({ first, last }) => ({ first, last })).toSorted((one, other) => one.first - other.first),
  );
  return parts.filter(({ length }) => length > 0);
}
