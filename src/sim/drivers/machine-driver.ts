/**
 * Applications that call a machine. The reply to each command shows the ledger before the command. So the replies
 * determine the order of all commands, and a command that took effect twice is found.
 */
import type { Call, CallOutcome } from '../../client/contract.ts';
import { jsonOf } from '../../store/machine-json.ts';
import { isShardbearerError } from '../../wire/errors.ts';
import type { CoverageListener } from '../coverage.ts';
import { type Ledger, ledger, type LedgerCommand } from '../ledger.ts';
import { checkLinearizability } from '../linearizability/check.ts';
import { HistoryRecorder, type OperationNumber } from '../linearizability/history.ts';
import { type LedgerInput, ledgerModel, type LedgerOutput } from '../linearizability/ledger-model.ts';
import type { Random } from '../random.ts';
import { check } from '../violation.ts';
import type { SimulatedHost } from '../world/host.ts';
import type { World } from '../world/world.ts';

/** So few keys that commands of several tabs meet. */
const KEYS = ['machine/0', 'machine/1', 'machine/2'] as const;
/** Default of the mean pause between two calls of a tab. */
const PAUSE_MS = 1_500;
const READ_SHARE = 0.35;
const GUARDED_SHARE = 0.3;
/** Longest time of a read at the end of a run, when nothing fails any more. */
const LAST_READ_MS = 30_000;

export class MachineDriver {
  readonly #world: World;
  readonly #random: Random;
  readonly #covered: CoverageListener;
  readonly #pauseMs: number;
  readonly #recorder = new HistoryRecorder<LedgerInput, LedgerOutput>();
  #isStopped = false;
  #lastToken = 0;

  constructor(world: World, random: Random, covered: CoverageListener, pauseMs = PAUSE_MS) {
    this.#world = world;
    this.#random = random;
    this.#covered = covered;
    this.#pauseMs = pauseMs;
  }

  start(hosts: readonly SimulatedHost[]): void {
    for (const host of hosts) this.#pause(host);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Reads all ledgers a last time, so that no lost command stays unseen. Then checks all calls of the run. */
  judge(): void {
    const [host] = this.#world.hosts;
    for (const key of KEYS) if (host !== undefined) this.#readLast(host, key);
    const verdict = checkLinearizability(this.#recorder.history(), ledgerModel);
    check(verdict.linearizable, 'machines are linearizable', () => (verdict.linearizable ? '' : verdict.explanation));
  }

  #readLast(host: SimulatedHost, key: string): void {
    let isRead = false;
    this.#call(host, `${host.name}/end`, { kind: 'read', key }, (output) => {
      isRead = output !== undefined;
    });
    this.#world.runUntil(() => isRead, LAST_READ_MS, `a last read of ${key}`);
  }

  #pause(host: SimulatedHost): void {
    this.#world.timeline.after(this.#random.exponential(this.#pauseMs), () => this.#run(host));
  }

  #run(host: SimulatedHost): void {
    if (this.#isStopped) return;
    if (!host.isReady || host.isFrozen) return this.#pause(host);
    this.#call(host, host.name, this.#draw(), () => this.#pause(host));
  }

  #draw(): LedgerInput {
    const key = this.#random.pick(KEYS) ?? KEYS[0];
    if (this.#random.chance(READ_SHARE)) return { kind: 'read', key };
    this.#lastToken += 1;
    return { kind: 'replace', key, token: `t${this.#lastToken}`, isGuarded: this.#random.chance(GUARDED_SHARE) };
  }

  #call(
    host: SimulatedHost,
    process: string,
    input: LedgerInput,
    done: (output: LedgerOutput | undefined) => void,
  ): void {
    const number = this.#recorder.invoked(process, input);
    const settled = (outcome: CallOutcome | undefined): void => done(this.#note(number, outcome));
    try {
      host.call(callOf(input), settled);
    } catch (error) {
      if (!isShardbearerError(error)) throw error;
      settled({ kind: 'failed', error });
    }
  }

  #note(number: OperationNumber, outcome: CallOutcome | undefined): LedgerOutput | undefined {
    const output = outputOf(outcome);
    if (output !== undefined) this.#recorder.completed(number, output);
    else if (outcome?.kind === 'failed' && outcome.error.effect === 'none') this.#recorder.hadNoEffect(number);
    if (output?.kind === 'refused') this.#covered('machine-refused');
    else if (output === undefined) this.#covered('machine-call-failed');
    else this.#covered(outcome?.kind === 'written' ? 'machine-command' : 'machine-read');
    return output;
  }
}

function callOf(input: LedgerInput): Call {
  const key = bytesOf(input.key);
  if (input.kind === 'read') return { kind: 'get', key, question: { machine: ledger.name, value: bytesOf('null') } };
  const { token, isGuarded } = input;
  const command: LedgerCommand = { token, isGuarded };
  const operation = { kind: 'machine', machine: ledger.name, key, value: bytesOf(JSON.stringify(command)) } as const;
  return { kind: 'write', operation };
}

/** Undefined if the call failed, or if its tab ended. */
function outputOf(outcome: CallOutcome | undefined): LedgerOutput | undefined {
  switch (outcome?.kind) {
    case 'written':
    case 'machine-reply':
      return { kind: 'ledger', ledger: outcome.reply && jsonOf<Ledger>(outcome.reply) };
    case 'failed':
      return outcome.error.code === 'COMMAND_REFUSED' ? { kind: 'refused', message: outcome.error.message } : undefined;
    default:
      return undefined;
  }
}

const encoder = new TextEncoder();
const bytesOf = (text: string): Uint8Array => encoder.encode(text);
