/** Applications in the tabs. They call the store, and record every answer for the checkers. */
import type { Call, CallOutcome } from '../../client/contract.ts';
import { assert } from '../../wire/assertion.ts';
import type { Versionstamp } from '../../wire/entries/command.ts';
import { isShardbearerError } from '../../wire/errors.ts';
import { TIMES } from '../../wire/times.ts';
import { check } from '../violation.ts';
import { bulkValue, nameOfBulkValue } from './bulk-value.ts';
import { BULK_KEYS, FEW_KEYS, isBulkKey, type Keys } from './keys.ts';
import { VersionstampOrder } from '../checkers/versionstamps.ts';
import type { CoverageListener } from '../coverage.ts';
import type { SimulatedHost } from '../world/host.ts';
import type { History, OperationNumber } from '../linearizability/history.ts';
import { HistoryRecorder } from '../linearizability/history.ts';
import type { KeyValueInput, KeyValueOutput } from '../linearizability/key-value-model.ts';
import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { Trace } from '../trace.ts';

export interface WorkloadOptions {
  readonly keys?: Keys;
  /** Number of applications in each tab. Each application has one call at a time. */
  readonly processesInTab: number;
  readonly pauseMs: number;
  /** Length of values under `BULK_KEYS`. 0: no application writes to them. */
  readonly bulkBytes: number;
  readonly bulkShare: number;
  /** Mean pause between two transactions of a tab. */
  readonly transactionPauseMs?: number;
  /**
   * Mean pause between two calls of a tab to a machine. Default: no calls if the faults of the run are given, and the
   * default of `MachineDriver` if they are drawn.
   */
  readonly machinePauseMs?: number;
  /** Called for each write that changed its key. */
  readonly changed?: (key: Uint8Array, revision: number) => void;
  /** Counts puts by whether their condition was met. */
  readonly covered?: CoverageListener;
}

/** Longest time from a call to its outcome. A client notices a deadline at its next tick, and its clock may be slow. */
const LONGEST_CALL_MS = 1.01 * (TIMES.client.requestDeadlineMs + TIMES.client.answerPatienceMs) + 2_000;

/** Factor by which the applications slow down after the faults. Convergence needs little traffic. */
const SLOW_PAUSE_FACTOR = 6;

/** Share of the puts that expect the version that their application has read last. */
const CONDITIONAL_SHARE = 0.5;
const READ_SHARE = 0.4;
const APPEND_SHARE = 0.35;
const PUT_SHARE = 0.17;

export class Workload {
  readonly stamps = new VersionstampOrder();
  readonly keys: Keys;
  readonly #timeline: Timeline;
  readonly #trace: Trace;
  readonly #random: Random;
  /** A stream of its own, so that conditions change no other draw. */
  readonly #conditions: Random;
  readonly #options: WorkloadOptions;
  /** By application and key: the version that the application has read last. Undefined in it: the key was missing. */
  readonly #lastRead = new Map<string, ReadVersion>();
  readonly #recorder = new HistoryRecorder<KeyValueInput, KeyValueOutput>();
  readonly #counts = new Map<string, number>();
  #lastValue = 0;
  #open = 0;
  #isStopped = false;
  #pauseFactor = 1;

  constructor(timeline: Timeline, trace: Trace, random: Random, options: WorkloadOptions) {
    this.#timeline = timeline;
    this.#trace = trace;
    this.#random = random;
    this.#conditions = random.fork('conditions');
    this.#options = options;
    this.keys = options.keys ?? FEW_KEYS;
  }

  start(hosts: readonly SimulatedHost[]): void {
    for (const host of hosts) {
      for (let number = 1; number <= this.#options.processesInTab; number++) {
        this.#pause(() => this.#run(host, `${host.name}/${number}`));
      }
    }
  }

  slowDown(): void {
    this.#pauseFactor = SLOW_PAUSE_FACTOR;
  }

  /** Applications make no new calls. Calls under way continue. */
  stop(): void {
    this.#isStopped = true;
  }

  get open(): number {
    return this.#open;
  }

  get settled(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Calls by outcome: `ok`, `conflict`, an error code, or `lost` with their tab. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  history(): History<KeyValueInput, KeyValueOutput> {
    return this.#recorder.history();
  }

  /** A call by a test or a driver. The call becomes part of the history that is checked. */
  call(
    host: SimulatedHost,
    process: string,
    input: KeyValueInput,
    done: (output: KeyValueOutput | undefined) => void,
  ): void {
    const number = this.#recorder.invoked(process, input);
    const floor = this.stamps.asked(input.key);
    const [beganMs, freezes] = [this.#timeline.nowMs, host.freezes];
    this.#trace.record(process, 'call', undefined, () => describeInput(input));
    this.#open++;
    const settled = (outcome: CallOutcome | undefined): void => {
      this.#open--;
      if (outcome !== undefined && host.freezes === freezes) this.#checkDuration(this.#timeline.nowMs - beganMs);
      this.#trace.record(process, 'settled', undefined, () => `${describeInput(input)} → ${describeOutcome(outcome)}`);
      if (outcome?.kind === 'written') {
        this.stamps.written(floor, outcome.versionstamp);
        const isChange = input.kind !== 'delete' || outcome.existed;
        if (isChange) this.#options.changed?.(encoder.encode(input.key), outcome.versionstamp.revision);
      }
      if (outcome?.kind === 'value') this.stamps.read(floor, outcome.versionstamp);
      if (outcome?.kind === 'conflict' && outcome.current !== undefined) {
        this.stamps.read(floor, outcome.current.versionstamp);
      }
      this.#noteRead(process, input, outcome);
      done(this.#note(number, input, outcome));
    };
    try {
      host.call(this.#callOf(process, input), settled);
    } catch (error) {
      if (!isShardbearerError(error)) throw error;
      settled({ kind: 'failed', error });
    }
  }

  /** Begins the read of a key by other means than `get`. The read becomes part of the history that is checked. */
  beginRead(process: string, key: string): ReadInHistory {
    const input = { kind: 'get', key } as const;
    const number = this.#recorder.invoked(process, input);
    const floor = this.stamps.asked(key);
    return {
      answered: (found) => {
        if (found !== undefined) this.stamps.read(floor, found.versionstamp);
        const value = found && this.#textOf(key, found.value);
        this.#recorder.completed(number, { kind: 'value', value });
      },
      failed: () => this.#recorder.hadNoEffect(number),
    };
  }

  #textOf(key: string, value: Uint8Array): string {
    return isBulkKey(key) ? nameOfBulkValue(value, this.#options.bulkBytes) : decoder.decode(value);
  }

  /**
   * Checks that the call ended in time. It is not called for a tab that was frozen, because a frozen tab cannot notice
   * a deadline.
   */
  #checkDuration(tookMs: number): void {
    check(tookMs <= LONGEST_CALL_MS, 'every call ends in time', () => `one took ${Math.round(tookMs)} ms`);
  }

  #run(host: SimulatedHost, process: string): void {
    if (host.isFrozen) {
      host.whenThawed(() => this.#run(host, process));
      return;
    }
    if (this.#isStopped) return;
    const again = (): void => this.#pause(() => this.#run(host, process));
    if (host.isReady) this.call(host, process, this.#draw(process), again);
    else again();
  }

  #draw(process: string): KeyValueInput {
    const random = this.#random;
    const dice = random.next();
    if (this.#options.bulkBytes > 0 && random.chance(this.#options.bulkShare)) {
      const key = random.pick(BULK_KEYS) ?? BULK_KEYS[0];
      return dice < READ_SHARE ? { kind: 'get', key } : { kind: 'put', key, value: this.#newValue() };
    }
    const appended = random.chance(0.5);
    const key = random.pick(appended ? this.keys.appended : this.keys.mixed) ?? 'x';
    if (dice < READ_SHARE) return { kind: 'get', key };
    const value = this.#newValue();
    if (appended || dice < READ_SHARE + APPEND_SHARE) return { kind: 'append', key, value };
    if (dice < READ_SHARE + APPEND_SHARE + PUT_SHARE) {
      const read = this.#conditions.chance(CONDITIONAL_SHARE) ? this.#lastRead.get(`${process} ${key}`) : undefined;
      return { kind: 'put', key, value, expected: read && { value: read.value } };
    }
    return { kind: 'delete', key };
  }

  /** A value that no other call writes. It ends with a full stop, so that appended values stay distinguishable. */
  #newValue(): string {
    this.#lastValue++;
    return `${this.#lastValue.toString(36)}.`;
  }

  #noteRead(process: string, { kind, key }: KeyValueInput, outcome: CallOutcome | undefined): void {
    if (kind !== 'get' || isBulkKey(key)) return;
    if (outcome?.kind !== 'value' && outcome?.kind !== 'missing') return;
    const read =
      outcome.kind === 'missing'
        ? { value: undefined, versionstamp: undefined }
        : { value: decoder.decode(outcome.value), versionstamp: outcome.versionstamp };
    this.#lastRead.set(`${process} ${key}`, read);
  }

  #callOf(process: string, input: KeyValueInput): Call {
    const key = encoder.encode(input.key);
    switch (input.kind) {
      case 'get':
        return { kind: 'get', key };
      case 'delete':
        return { kind: 'write', operation: { kind: 'delete', key } };
      case 'put':
      case 'append': {
        const isBulk = isBulkKey(input.key);
        const value = isBulk ? bulkValue(input.value, this.#options.bulkBytes) : encoder.encode(input.value);
        const isConditional = input.kind === 'put' && input.expected !== undefined;
        const versionstamp = this.#lastRead.get(`${process} ${input.key}`)?.versionstamp;
        const condition = isConditional ? { versionstamp } : undefined;
        return { kind: 'write', operation: { kind: input.kind, key, value, condition } };
      }
    }
  }

  #outputOf(input: KeyValueInput, outcome: Exclude<CallOutcome, { kind: 'failed' }>): KeyValueOutput {
    if (outcome.kind === 'written') return { kind: 'written', existed: outcome.existed };
    if (outcome.kind === 'conflict') return { kind: 'conflict' };
    if (outcome.kind === 'missing') return { kind: 'value', value: undefined };
    assert(outcome.kind === 'value', 'a read is answered by a value or its absence');
    return { kind: 'value', value: this.#textOf(input.key, outcome.value) };
  }

  #note(number: OperationNumber, input: KeyValueInput, outcome: CallOutcome | undefined): KeyValueOutput | undefined {
    this.#count(labelOf(outcome));
    if (outcome === undefined) return undefined;
    if (outcome.kind === 'failed') {
      if (outcome.error.effect === 'none') this.#recorder.hadNoEffect(number);
      return undefined;
    }
    const output = this.#outputOf(input, outcome);
    if (input.kind === 'put' && input.expected !== undefined) {
      this.#options.covered?.(output.kind === 'conflict' ? 'conflict' : 'condition-met');
    }
    this.#recorder.completed(number, output);
    return output;
  }

  #count(how: string): void {
    this.#counts.set(how, (this.#counts.get(how) ?? 0) + 1);
  }

  #pause(action: () => void): void {
    this.#timeline.after(this.#pauseFactor * this.#random.exponential(this.#options.pauseMs), action);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface ReadInHistory {
  /** Ends the read. Undefined: the key is missing. */
  answered(found: { readonly value: Uint8Array; readonly versionstamp: Versionstamp } | undefined): void;
  failed(): void;
}

interface ReadVersion {
  readonly value: string | undefined;
  readonly versionstamp: Versionstamp | undefined;
}

/** Largest number of bytes of a value that a trace shows. */
const LONGEST_SHOWN = 200;

function describeInput(input: KeyValueInput): string {
  const condition = input.kind === 'put' && input.expected !== undefined ? ' with a condition' : '';
  return `${input.kind} ${input.key}${'value' in input ? ` ${input.value}` : ''}${condition}`;
}

function labelOf(outcome: CallOutcome | undefined): string {
  if (outcome === undefined) return 'lost';
  if (outcome.kind === 'failed') return outcome.error.code;
  return outcome.kind === 'conflict' ? 'conflict' : 'ok';
}

function describeOutcome(outcome: CallOutcome | undefined): string {
  if (outcome === undefined) return 'the tab ended';
  if (outcome.kind === 'failed') return `${outcome.error.code} (${outcome.error.message})`;
  if (outcome.kind === 'value') return decoder.decode(outcome.value.subarray(0, LONGEST_SHOWN));
  if (outcome.kind === 'written') return `written, ${outcome.existed ? 'existed' : 'new'}`;
  if (outcome.kind === 'conflict') return 'conflict';
  return outcome.kind === 'configuration' ? `configuration ${outcome.configuration.number}` : outcome.kind;
}
