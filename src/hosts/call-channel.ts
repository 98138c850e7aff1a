/** Calls and subscriptions over comlink. An abort signal crosses as the number of its call. */
import { type Endpoint, expose, proxy, wrap } from 'comlink';
import { isShardbearerError, ShardbearerError, withEffect } from '../wire/errors.ts';
import { platformError } from '../wire/platform-error.ts';
import { type ErrorRecord, packError, unpackError } from './error-record.ts';

/** The calls that one end answers, by name. */
type CallTable = Record<string, { readonly argument: unknown; readonly result: unknown }>;
/** The subscriptions that one end serves, by name. */
type TopicTable = Record<string, unknown>;

export type CallHandlers<Calls extends CallTable> = {
  readonly [Name in keyof Calls]: (
    argument: Calls[Name]['argument'],
    signal: AbortSignal,
  ) => Promise<Calls[Name]['result']>;
};

/** An answer as data. Structured cloning would drop the code and effect of an error. */
type CallAnswer<Result> =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'failure'; readonly failure: ErrorRecord };

/**
 * Subscribes one listener to a topic.
 * The returned function ends the subscription.
 */
type TopicSources<Topics extends TopicTable> = {
  readonly [Name in keyof Topics]: (listener: (news: Topics[Name]) => void) => () => void;
};

/** The interface of the remote end's `CallServer`, as comlink shows it. */
export interface CallPort<Calls extends CallTable, Topics extends TopicTable> {
  call<Name extends keyof Calls>(
    id: number,
    name: Name,
    argument: Calls[Name]['argument'],
  ): PromiseLike<CallAnswer<Calls[Name]['result']>>;
  abort(id: number): PromiseLike<void> | void;
  subscribe<Name extends keyof Topics>(
    id: number,
    name: Name,
    listener: (news: Topics[Name]) => void,
  ): PromiseLike<void> | void;
  unsubscribe(id: number): PromiseLike<void> | void;
}

class CallServer<Calls extends CallTable, Topics extends TopicTable> implements CallPort<Calls, Topics> {
  readonly #handlers: CallHandlers<Calls>;
  readonly #sources: TopicSources<Topics>;
  readonly #aborts = new Map<number, AbortController>();
  readonly #stops = new Map<number, () => void>();

  constructor(handlers: CallHandlers<Calls>, sources: TopicSources<Topics>) {
    this.#handlers = handlers;
    this.#sources = sources;
  }

  async call<Name extends keyof Calls>(
    id: number,
    name: Name,
    argument: Calls[Name]['argument'],
  ): Promise<CallAnswer<Calls[Name]['result']>> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    try {
      return { kind: 'result', result: await this.#handlers[name](argument, abort.signal) };
    } catch (error) {
      return { kind: 'failure', failure: packError(error) };
    } finally {
      this.#aborts.delete(id);
    }
  }

  abort(id: number): void {
    this.#aborts.get(id)?.abort();
  }

  subscribe<Name extends keyof Topics>(id: number, name: Name, listener: (news: Topics[Name]) => void): void {
    this.#stops.set(id, this.#sources[name](listener));
  }

  unsubscribe(id: number): void {
    this.#stops.get(id)?.();
    this.#stops.delete(id);
  }
}

/** Answers the calls that arrive at `endpoint`. In a worker, the default is its page. */
export function answerCalls<Calls extends CallTable, Topics extends TopicTable>(
  handlers: CallHandlers<Calls>,
  sources: TopicSources<Topics>,
  endpoint?: Endpoint,
): void {
  expose(new CallServer<Calls, Topics>(handlers, sources), endpoint);
}

/** The client for the calls that the remote end of `endpoint` answers. Both ends have the same tables. */
export function callsTo<Calls extends CallTable, Topics extends TopicTable>(
  endpoint: Endpoint,
): CallClient<Calls, Topics> {
  const port: unknown = wrap(endpoint);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- comlink's own type loses generic methods
  return new CallClient(port as CallPort<Calls, Topics>);
}

/** The call ended before the remote end answered. */
interface NoAnswer {
  readonly kind: 'no-answer';
  readonly error: ShardbearerError;
}

interface FarCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: `ends`. */
  readonly abort?: AbortRule;
  /**
   * Time that an abort with the rule `asks` waits for the remote end before it ends the call. Default: without limit.
   */
  readonly abortPatienceMs?: number;
  /** Converts an error that did not come from the remote end, such as an abort or the death of the worker. */
  readonly unanswered?: (error: ShardbearerError) => ShardbearerError;
}

/**
 * The effect of an abort on a call in flight. With `ends`, the call ends at once. With `asks`, the remote end is asked
 * to stop, and its answer ends the call. The remote end may have finished the call already.
 */
type AbortRule = 'ends' | 'asks';

export class CallClient<Calls extends CallTable, Topics extends TopicTable> {
  readonly #port: CallPort<Calls, Topics>;
  /** Calls in flight by id. The function ends its call without an answer. */
  readonly #inFlight = new Map<number, (error: ShardbearerError) => void>();
  #lastId = 0;
  #failed: ShardbearerError | undefined;

  constructor(port: CallPort<Calls, Topics>) {
    this.#port = port;
  }

  /**
   * Calls the remote end.
   * @throws {ShardbearerError} the error of the remote end; `ABORTED`; the error given to `fail`
   */
  async call<Name extends keyof Calls>(
    name: Name,
    argument: Calls[Name]['argument'],
    { signal, abort = 'ends', abortPatienceMs, unanswered }: FarCallOptions = {},
  ): Promise<Calls[Name]['result']> {
    if (this.#failed !== undefined) throw withEffect(this.#failed, 'none');
    if (signal?.aborted === true) throw abortedBeforeSending(signal);
    const id = ++this.#lastId;
    let endWithout: (error: ShardbearerError) => void = () => undefined;
    const withoutAnswer = new Promise<NoAnswer>((resolve) => {
      endWithout = (error) => resolve({ kind: 'no-answer', error: unanswered?.(error) ?? error });
    });
    let patience: ReturnType<typeof setTimeout> | undefined;
    const onAbort = () => {
      void this.#port.abort(id);
      if (abort === 'ends') endWithout(aborted(signal));
      else if (abortPatienceMs !== undefined) patience = setTimeout(() => endWithout(aborted(signal)), abortPatienceMs);
    };
    this.#inFlight.set(id, endWithout);
    signal?.addEventListener('abort', onAbort);
    try {
      const answer = await Promise.race([this.#port.call(id, name, argument), withoutAnswer]);
      if (answer.kind === 'result') return answer.result;
      throw answer.kind === 'failure' ? withReason(unpackError(answer.failure), signal) : answer.error;
    } catch (error) {
      // The remote end answers with data, so any other exception comes from the channel.
      if (isShardbearerError(error)) throw error;
      throw withReason(platformError('postMessage', error), signal);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      clearTimeout(patience);
      this.#inFlight.delete(id);
    }
  }

  /**
   * Calls back with every value of a topic.
   * @returns the function that ends the subscription
   */
  subscribe<Name extends keyof Topics>(name: Name, listener: (news: Topics[Name]) => void): () => void {
    const id = ++this.#lastId;
    let live = true;
    void this.#port.subscribe(
      id,
      name,
      proxy((news: Topics[Name]) => {
        if (live) listener(news);
      }),
    );
    return () => {
      live = false;
      void this.#port.unsubscribe(id);
    };
  }

  /** Fails every call in flight and every later one with `error`, because the remote end died. */
  fail(error: ShardbearerError): void {
    this.#failed = error;
    for (const endWithout of this.#inFlight.values()) endWithout(error);
  }
}

/** Adds the caller's abort reason to the error, because reasons do not cross the channel. */
function withReason(error: ShardbearerError, signal: AbortSignal | undefined): ShardbearerError {
  if (error.code !== 'ABORTED' || signal?.aborted !== true) return error;
  return new ShardbearerError('ABORTED', error.message, { effect: error.effect, cause: signal.reason });
}

function aborted(signal: AbortSignal | undefined): ShardbearerError {
  return new ShardbearerError('ABORTED', 'The caller aborted the call.', { cause: signal?.reason });
}

export function abortedBeforeSending(signal: AbortSignal | undefined): ShardbearerError {
  const message = 'The caller aborted the call before it was sent.';
  return new ShardbearerError('ABORTED', message, { cause: signal?.reason, effect: 'none' });
}
