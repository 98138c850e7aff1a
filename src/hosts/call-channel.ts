/**
 * Calls and subscriptions over comlink. Comlink carries plain data and callbacks; abort
 * signals cross as the number of the call, subscriptions as a number and a callback.
 */
import { type Endpoint, expose, proxy, wrap } from 'comlink';
import { ShardbearerError, withEffect } from '../wire/errors.ts';
import { platformError } from '../wire/platform-error.ts';
import { type Envelope, intoEnvelope, openEnvelope } from './envelope.ts';

/** The calls that one end answers, by name. */
export type CallTable = Record<string, { readonly argument: unknown; readonly result: unknown }>;
/** What one end tells again and again, by name. */
export type TopicTable = Record<string, unknown>;

export type CallHandlers<Calls extends CallTable> = {
  readonly [Name in keyof Calls]: (
    argument: Calls[Name]['argument'],
    signal: AbortSignal,
  ) => Promise<Calls[Name]['result']>;
};

/** Starts telling one listener; the result stops it. */
export type TopicSources<Topics extends TopicTable> = {
  readonly [Name in keyof Topics]: (listener: (news: Topics[Name]) => void) => () => void;
};

/** What crosses: as comlink shows the far end's `CallServer`. */
export interface CallPort<Calls extends CallTable, Topics extends TopicTable> {
  call<Name extends keyof Calls>(
    id: number,
    name: Name,
    argument: Calls[Name]['argument'],
  ): PromiseLike<Envelope<Calls[Name]['result']>>;
  abort(id: number): PromiseLike<void> | void;
  subscribe<Name extends keyof Topics>(
    id: number,
    name: Name,
    listener: (news: Topics[Name]) => void,
  ): PromiseLike<void> | void;
  unsubscribe(id: number): PromiseLike<void> | void;
}

/** The end that answers. */
export class CallServer<Calls extends CallTable, Topics extends TopicTable> implements CallPort<Calls, Topics> {
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
  ): Promise<Envelope<Calls[Name]['result']>> {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    const envelope = await intoEnvelope(() => this.#handlers[name](argument, abort.signal));
    this.#aborts.delete(id);
    return envelope;
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

/** Answers the calls that arrive at `endpoint`. */
export function answerCalls<Calls extends CallTable, Topics extends TopicTable>(
  endpoint: Endpoint,
  handlers: CallHandlers<Calls>,
  sources: TopicSources<Topics>,
): void {
  expose(new CallServer<Calls, Topics>(handlers, sources), endpoint);
}

/** Asks the far end of `endpoint`, which answers the same tables. */
export function callsTo<Calls extends CallTable, Topics extends TopicTable>(
  endpoint: Endpoint,
): CallClient<Calls, Topics> {
  const port: unknown = wrap(endpoint);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- comlink's own type loses generic methods
  return new CallClient(port as CallPort<Calls, Topics>);
}

export interface FarCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: `ends`. */
  readonly abort?: AbortRule;
  /** How long an abort that asks waits for the far end before it ends the call. Default: for ever. */
  readonly abortPatienceMs?: number;
  /** Turns an error that is no answer of the far end (it died, or the caller aborted) into the error of this call. */
  readonly unanswered?: (error: ShardbearerError) => ShardbearerError;
}

interface CallUnderWay {
  readonly reject: (error: ShardbearerError) => void;
}

/**
 * What an abort does to a call under way. `ends`: the caller waits no longer, whatever comes of it. `asks`: the far end is
 * asked to stop, and its word ends the call: it may be done already, and cannot be taken back then.
 */
export type AbortRule = 'ends' | 'asks';

/** The end that asks. */
export class CallClient<Calls extends CallTable, Topics extends TopicTable> {
  readonly #port: CallPort<Calls, Topics>;
  readonly #underWay = new Map<number, CallUnderWay>();
  #lastId = 0;
  #failed: ShardbearerError | undefined;

  constructor(port: CallPort<Calls, Topics>) {
    this.#port = port;
  }

  /**
   * Asks the far end.
   * @throws {ShardbearerError} the error of the far end; `ABORTED`; the error given to `fail`
   */
  call<Name extends keyof Calls>(
    name: Name,
    argument: Calls[Name]['argument'],
    { signal, abort = 'ends', abortPatienceMs, unanswered = (error) => error }: FarCallOptions = {},
  ): Promise<Calls[Name]['result']> {
    if (this.#failed !== undefined) return Promise.reject(withEffect(this.#failed, 'none'));
    if (signal?.aborted === true) return Promise.reject(abortedBeforeSending(signal));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      let patience: ReturnType<typeof setTimeout> | undefined;
      const settle = (then: () => void) => {
        if (!this.#underWay.delete(id)) return;
        signal?.removeEventListener('abort', onAbort);
        clearTimeout(patience);
        then();
      };
      const end = () => settle(() => reject(unanswered(aborted(signal))));
      const onAbort = () => {
        void this.#port.abort(id);
        if (abort === 'ends') end();
        else if (abortPatienceMs !== undefined) patience = setTimeout(end, abortPatienceMs);
      };
      this.#underWay.set(id, { reject: (error) => settle(() => reject(unanswered(error))) });
      signal?.addEventListener('abort', onAbort);
      Promise.resolve(this.#port.call(id, name, argument))
        .then(openEnvelope)
        .then(
          (result) => settle(() => resolve(result)),
          // The far end answers in envelopes: an exception comes from the way between.
          (error: unknown) => settle(() => reject(withReason(platformError('postMessage', error), signal))),
        );
    });
  }

  /** Calls back with every piece of news; returns how to stop. */
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

  /** The far end is dead: every call under way and every later one fails with `error`. */
  fail(error: ShardbearerError): void {
    this.#failed = error;
    for (const { reject } of this.#underWay.values()) reject(error);
  }
}

/** An abort that the far end answered has the caller's reason as its cause: reasons do not cross. */
function withReason(error: ShardbearerError, signal: AbortSignal | undefined): ShardbearerError {
  if (error.code !== 'ABORTED' || signal?.aborted !== true) return error;
  return new ShardbearerError('ABORTED', error.message, { effect: error.effect, cause: signal.reason });
}

function aborted(signal: AbortSignal | undefined): ShardbearerError {
  return new ShardbearerError('ABORTED', 'The caller aborted the call.', { cause: signal?.reason });
}

/** The error of a call whose signal was aborted before anything was sent. */
export function abortedBeforeSending(signal: AbortSignal | undefined): ShardbearerError {
  const message = 'The caller aborted the call before it was sent.';
  return new ShardbearerError('ABORTED', message, { cause: signal?.reason, effect: 'none' });
}
