/** One run of the function of `transact`. It remembers the versions that it read, and holds its writes back. */
import type { Call, TransactionCall } from '../client/contract.ts';
import { keyTextOf, type KeyText, keyBytesOf } from '../store/key.ts';
import { assert } from '../wire/assertion.ts';
import type { KeyCheck, KeyWrite } from '../wire/entries/command.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import type { Slot } from '../wire/identifiers.ts';
import type { CallResult } from './client-driver.ts';
import type { CallOptions, Key, KeyedValue, ListOptions, ReadOptions, Transaction } from './key-value-contract.ts';
import { type ListCalls, type ListPlan, listPlanOf } from './list-calls.ts';
import { decodeKey, encodeKey, encodingFor, type ValueEncoding } from './values.ts';

interface RunParts {
  readonly request: (call: Call, options: CallOptions | undefined) => Promise<CallResult>;
  readonly lists: Pick<ListCalls, 'snapshot'>;
  readonly encoding: ValueEncoding;
}

export class TransactionRun implements Transaction {
  readonly #parts: RunParts;
  readonly #options: () => CallOptions;
  /** The first read of each key. */
  readonly #reads = new Map<KeyText, Promise<Uint8Array | undefined>>();
  readonly #checks = new Map<KeyText, KeyCheck>();
  /** The lowest revision of each listed slot. */
  readonly #revisions = new Map<Slot, number>();
  readonly #writes = new Map<KeyText, KeyWrite & { readonly kind: 'put' | 'delete' }>();
  #hasEnded = false;

  /** @param options the options of the next request */
  constructor(parts: RunParts, options: () => CallOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  async get(key: Key, options?: ReadOptions): Promise<unknown> {
    this.#checkOpen();
    const encoding = encodingFor(options, this.#parts.encoding);
    const bytes = encodeKey(key);
    const text = keyTextOf(bytes);
    const written = this.#writes.get(text);
    if (written !== undefined) return written.kind === 'delete' ? undefined : encoding.decode(written.value);
    const read = this.#reads.get(text) ?? this.#read(text, bytes);
    this.#reads.set(text, read);
    const value = await read;
    return value && encoding.decode(value);
  }

  async *list(options: Omit<ListOptions, keyof CallOptions>): AsyncGenerator<KeyedValue, undefined, undefined> {
    this.#checkOpen();
    const plan = listPlanOf({ ...options, ...this.#options() }, this.#parts.encoding);
    if (plan.slot === undefined) {
      throw new InvalidArgumentError(
        'A transaction lists only keys whose prefix has a whole hash tag, such as "{cart:7}/". Other keys are in many ' +
          'slots, which no transaction can check together.',
      );
    }
    for (const [key, value] of await this.#listed(plan, plan.slot)) {
      yield { key: decodeKey(keyBytesOf(key)), value: plan.encoding.decode(value) };
    }
    return undefined;
  }

  put(key: Key, value: unknown, options?: ReadOptions): void {
    this.#checkOpen();
    const bytes = encodeKey(key);
    const encoded = encodingFor(options, this.#parts.encoding).encode(value);
    this.#writes.set(keyTextOf(bytes), { kind: 'put', key: bytes, value: encoded });
  }

  delete(key: Key): void {
    this.#checkOpen();
    const bytes = encodeKey(key);
    this.#writes.set(keyTextOf(bytes), { kind: 'delete', key: bytes });
  }

  /** Rejects further calls of the function, which has returned. */
  end(): void {
    this.#hasEnded = true;
  }

  /** The call that checks all reads and performs all writes. Undefined: the run read and wrote nothing. */
  call(): TransactionCall | undefined {
    const [checks, writes] = [[...this.#checks.values()], [...this.#writes.values()]];
    const revisions = Array.from(this.#revisions, ([slot, revision]) => ({ slot, revision }));
    if (checks.length + revisions.length + writes.length === 0) return undefined;
    return { kind: 'transaction', checks, revisions, writes };
  }

  async #read(text: KeyText, key: Uint8Array): Promise<Uint8Array | undefined> {
    const result = await this.#parts.request({ kind: 'get', key }, this.#options());
    assert(result.kind === 'value' || result.kind === 'missing', 'a read is answered by a value or its absence');
    const versionstamp = result.kind === 'value' ? result.versionstamp : undefined;
    this.#checks.set(text, { key, versionstamp });
    return result.kind === 'value' ? result.value : undefined;
  }

  /** Returns the entries of a list after the writes of this run. */
  async #listed(plan: ListPlan, slot: Slot): Promise<readonly (readonly [KeyText, Uint8Array])[]> {
    const writes = [...this.#writes].filter(([key]) => isSelected(key, plan));
    // Writes of this run can remove listed entries, so the limit comes after them.
    const limit = writes.length > 0 ? Number.POSITIVE_INFINITY : plan.limit;
    const { entries, revision } = await this.#parts.lists.snapshot({ ...plan, limit }, slot);
    // If the slot changed between two lists, the lower revision makes the check fail.
    this.#revisions.set(slot, Math.min(revision, this.#revisions.get(slot) ?? revision));
    const values = new Map(entries.map(({ key, value }) => [keyTextOf(key), value]));
    for (const [key, write] of writes) {
      if (write.kind === 'delete') values.delete(key);
      else values.set(key, write.value);
    }
    const sign = plan.selection.isReversed ? -1 : 1;
    const sorted = [...values].toSorted(([one], [other]) => (one < other ? -sign : sign));
    return sorted.slice(0, Math.min(plan.limit, sorted.length));
  }

  #checkOpen(): void {
    if (!this.#hasEnded) return;
    throw new InvalidArgumentError('The function of the transaction has returned. Await all calls inside of it.');
  }
}

function isSelected(key: KeyText, { selection: { from, to } }: ListPlan): boolean {
  const [low, high] = [from && keyTextOf(from), to && keyTextOf(to)];
  return (low === undefined || key >= low) && (high === undefined || key < high);
}
