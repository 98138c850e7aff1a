/** The calls of an application on keys. They check and encode the arguments, and decode the results. */
import type { Call } from '../client/contract.ts';
import { checkExpiry } from '../store/validation.ts';
import { assert } from '../wire/assertion.ts';
import type { Operation } from '../wire/entries/command.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import { described, readArgument } from './arguments.ts';
import { decodedValue } from './decoded-value.ts';
import type { CallResult } from './client-driver.ts';
import { conditionOf, conflictError } from './conditions.ts';
import type {
  CallOptions,
  Entry,
  Key,
  PutOptions,
  ReadOptions,
  Versionstamp,
  WriteOptions,
} from './key-value-contract.ts';
import { encodeKey, encodingFor, type ValueEncoding } from './values.ts';
import { formatVersionstamp } from './versionstamps.ts';

type Request = (call: Call, options: CallOptions | undefined) => Promise<CallResult>;

/** The calls without the types of values, which only the compiler knows. `KeyValueStore` describes them. */
export class KeyValueCalls {
  readonly #request: Request;
  readonly #encoding: ValueEncoding;

  /** @param encoding the encoding of calls that name none */
  constructor(request: Request, encoding: ValueEncoding) {
    this.#request = request;
    this.#encoding = encoding;
  }

  async get(key: Key, options?: ReadOptions): Promise<unknown> {
    return (await this.entry(key, options))?.value;
  }

  async entry(key: Key, options?: ReadOptions): Promise<Entry | undefined> {
    const encoding = encodingFor(options, this.#encoding);
    const result = await this.#request({ kind: 'get', key: encodeKey(key) }, options);
    if (result.kind === 'missing') return undefined;
    assert(result.kind === 'value', 'a read is answered by a value or its absence');
    return { key, ...decodedValue(result, encoding) };
  }

  async getMany(keys: Iterable<Key>, options?: ReadOptions): Promise<unknown[]> {
    const listed = readArgument('the keys', () => {
      if (typeof keys === 'string' || typeof keys?.[Symbol.iterator] !== 'function') {
        throw new InvalidArgumentError(`Keys are ${described(keys)}. Pass a list of keys.`);
      }
      return [...keys];
    });
    return await Promise.all(listed.map((key) => this.get(key, options)));
  }

  async put(key: Key, value: unknown, options?: PutOptions): Promise<Versionstamp> {
    const encoding = encodingFor(options, this.#encoding);
    const expiresInMs = expiryOf(options);
    const operation = { kind: 'put', key: encodeKey(key), value: encoding.encode(value), expiresInMs } as const;
    return (await this.#write(key, operation, encoding, options)).versionstamp;
  }

  async append(key: Key, value: unknown, options?: WriteOptions): Promise<Versionstamp> {
    const encoding = encodingFor(options, this.#encoding);
    const kind = encoding.appendKind;
    if (kind === undefined) {
      throw new InvalidArgumentError("Values of a codec cannot be extended. Append 'json', 'utf8' or 'bytes'.");
    }
    const operation = { kind, key: encodeKey(key), value: encoding.encode(value) };
    return (await this.#write(key, operation, encoding, options)).versionstamp;
  }

  async delete(key: Key, options?: WriteOptions): Promise<boolean> {
    const operation = { kind: 'delete', key: encodeKey(key) } as const;
    return (await this.#write(key, operation, encodingFor(options, this.#encoding), options)).existed;
  }

  async #write(
    key: Key,
    operation: Operation,
    encoding: ValueEncoding,
    options: WriteOptions | undefined,
  ): Promise<{ readonly versionstamp: Versionstamp; readonly existed: boolean }> {
    const condition = options === undefined ? undefined : conditionOf(options);
    const call: Call = {
      kind: 'write',
      operation: condition === undefined ? operation : { ...operation, condition },
    };
    const result = await this.#request(call, options);
    if (result.kind === 'conflict') throw conflictError(key, result.current, (value) => encoding.decode(value));
    assert(result.kind === 'written', 'a write is answered by its versionstamp or a conflict');
    return { versionstamp: formatVersionstamp(result.versionstamp), existed: result.existed };
  }
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
function expiryOf(options: PutOptions | undefined): number | undefined {
  const expireInMs: unknown = readArgument('expireInMs', () => options?.expireInMs);
  if (expireInMs === undefined) return undefined;
  checkExpiry(expireInMs);
  return expireInMs;
}
