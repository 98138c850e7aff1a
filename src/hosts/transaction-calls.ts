/** Transactions of an application. `KeyValueStore` describes the calls. */
import type { Call, TransactionCall } from '../client/contract.ts';
import { assert } from '../wire/assertion.ts';
import type { KeyCheck, KeyWrite } from '../wire/entries/command.ts';
import { InvalidArgumentError, ShardbearerError } from '../wire/errors.ts';
import { LIMITS } from '../wire/limits.ts';
import { callTimeoutOf, described, signalOf } from './arguments.ts';
import type { CallResult } from './client-driver.ts';
import type {
  AtomicOperation,
  CallOptions,
  CommitResult,
  Key,
  ReadOptions,
  Transaction,
  Versionstamp,
} from './key-value-contract.ts';
import type { ListCalls } from './list-calls.ts';
import { TransactionRun } from './transaction-run.ts';
import { decodeKey, encodeKey, encodingFor, type ValueEncoding } from './values.ts';
import { parseVersionstamp } from './versionstamps.ts';

interface TransactionParts {
  readonly request: (call: Call, options: CallOptions | undefined) => Promise<CallResult>;
  readonly lists: Pick<ListCalls, 'snapshot'>;
  /** The encoding of calls that name none. */
  readonly encoding: ValueEncoding;
}

type Body<Result> = (transaction: Transaction) => Result | Promise<Result>;

export class TransactionCalls {
  readonly #parts: TransactionParts;
  /** Settles after the latest repeated function. Repeated functions of one tab run one after the other. */
  #repetitions: Promise<unknown> = Promise.resolve();

  constructor(parts: TransactionParts) {
    this.#parts = parts;
  }

  atomic(): AtomicOperation {
    return new Atomic(this.#parts);
  }

  async transact<Result>(body: Body<Result>, options?: CallOptions): Promise<Result> {
    if (typeof body !== 'function') {
      throw new InvalidArgumentError(`The transaction is ${described(body)}. Pass a function that takes it.`);
    }
    const limit = new TimeLimit(options);
    const first = await this.#run(body, limit);
    if (first !== undefined) return first.result;
    // Functions that met a conflict would only meet each other again if they ran at the same time.
    const before = this.#repetitions;
    const repetition = before.then(() => this.#repeat(body, limit));
    this.#repetitions = repetition.catch(() => undefined);
    return await repetition;
  }

  async #repeat<Result>(body: Body<Result>, limit: TimeLimit): Promise<Result> {
    for (let run = 1; run < LIMITS.transactions.runs; run++) {
      const done = await this.#run(body, limit);
      if (done !== undefined) return done.result;
    }
    throw new ShardbearerError(
      'CONFLICT',
      `Other calls changed what the transaction read in each of ${LIMITS.transactions.runs} runs. Nothing was changed. ` +
        'Make fewer writes to these keys at once.',
    );
  }

  /** Returns the result of the function. Undefined: its writes met a conflict. */
  async #run<Result>(body: Body<Result>, limit: TimeLimit): Promise<{ readonly result: Result } | undefined> {
    const run = new TransactionRun(this.#parts, () => limit.options());
    let result: Result;
    try {
      result = await body(run);
    } finally {
      run.end();
    }
    const call = run.call();
    if (call === undefined) return { result };
    const outcome = await this.#parts.request(call, limit.options());
    return outcome.kind === 'committed' ? { result } : undefined;
  }
}

/** The signal and the time-out of a call that makes several requests. */
class TimeLimit {
  readonly #signal: AbortSignal | undefined;
  readonly #endMs: number | undefined;
  readonly #timeoutMs: number | undefined;

  constructor(options: CallOptions | undefined) {
    this.#signal = signalOf(options);
    this.#timeoutMs = options === undefined ? undefined : callTimeoutOf(options);
    this.#endMs = this.#timeoutMs === undefined ? undefined : performance.now() + this.#timeoutMs;
  }

  /**
   * Returns the options of the next request.
   * @throws {ShardbearerError} `UNAVAILABLE` if the time is over
   */
  options(): CallOptions {
    if (this.#endMs === undefined) return { signal: this.#signal };
    const timeoutMs = this.#endMs - performance.now();
    if (timeoutMs > 0) return { signal: this.#signal, timeoutMs };
    throw new ShardbearerError(
      'UNAVAILABLE',
      `The transaction took longer than its time-out of ${this.#timeoutMs} ms. Nothing was changed. Try again.`,
    );
  }
}

class Atomic implements AtomicOperation {
  readonly #parts: TransactionParts;
  readonly #checks: KeyCheck[] = [];
  readonly #writes: KeyWrite[] = [];
  #isCommitted = false;

  constructor(parts: TransactionParts) {
    this.#parts = parts;
  }

  check(key: Key, versionstamp: Versionstamp | null): this {
    this.#checkOpen();
    const expected = versionstamp === null ? undefined : parseVersionstamp(versionstamp, 'versionstamp');
    this.#checks.push({ key: encodeKey(key), versionstamp: expected });
    return this;
  }

  put(key: Key, value: unknown, options?: ReadOptions): this {
    return this.#write({ kind: 'put', key: encodeKey(key), value: this.#encoding(options).encode(value) });
  }

  append(key: Key, value: unknown, options?: ReadOptions): this {
    const encoding = this.#encoding(options);
    const kind = encoding.appendKind;
    if (kind === undefined) {
      throw new InvalidArgumentError("Values of a codec cannot be extended. Append 'json', 'utf8' or 'bytes'.");
    }
    return this.#write({ kind, key: encodeKey(key), value: encoding.encode(value) });
  }

  delete(key: Key): this {
    return this.#write({ kind: 'delete', key: encodeKey(key) });
  }

  async commit(options?: CallOptions): Promise<CommitResult> {
    this.#checkOpen();
    const call: TransactionCall = {
      kind: 'transaction',
      checks: this.#checks,
      revisions: [],
      writes: this.#writes,
    };
    const pending = this.#parts.request(call, options);
    this.#isCommitted = true;
    const outcome = await pending;
    if (outcome.kind === 'rejected') return { ok: false, conflicts: outcome.conflicts.map(decodeKey) };
    assert(outcome.kind === 'committed', 'a transaction is committed or rejected');
    return { ok: true };
  }

  #encoding(options: ReadOptions | undefined): ValueEncoding {
    return encodingFor(options, this.#parts.encoding);
  }

  #write(write: KeyWrite): this {
    this.#checkOpen();
    this.#writes.push(write);
    return this;
  }

  #checkOpen(): void {
    if (!this.#isCommitted) return;
    throw new InvalidArgumentError('The transaction was committed. Begin another one with atomic().');
  }
}
