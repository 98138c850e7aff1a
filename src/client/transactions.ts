/**
 * Drives transactions (design, rule 16). A transaction within one order is one command. Otherwise each slot of another
 * order first prepares, and the order of the home slot then decides. The application gets the decision at once, and the
 * prepared slots are settled in the background. Heralds settle what a closed tab leaves behind.
 */
import { assert } from '../wire/assertion.ts';
import type { Settle, TransactionId } from '../wire/entries/command.ts';
import type { Answer } from '../wire/frames/frame.ts';
import type { OrderId, Slot } from '../wire/identifiers.ts';
import type { CallFailure } from './call-outcome.ts';
import type { CallOutcome } from './contract.ts';
import { mayHaveEffect, type PendingStep, type PendingTransaction, type StepCall } from './pending-call.ts';
import { Attempts, type ClientTimes } from './requests.ts';
import { conflictingKeys, type PartSketch, planOf, type TransactionPlan } from './transaction-plan.ts';

type Transacted = Extract<Answer, { kind: 'transacted' }>;

/** The services of the client that transactions use. */
interface TransactionContext {
  readonly times: ClientTimes;
  nowMs(): number;
  /** A random number from 0 up to but excluding 1. */
  random(): number;
  orderOf(slot: Slot): OrderId | undefined;
  epochOf(slot: Slot): number;
  /** Sends a step now and repeats it until it is settled. */
  start(step: PendingStep): void;
  /** Ends a step. No answer to it is taken any more. */
  drop(step: PendingStep): void;
  settle(transaction: PendingTransaction, outcome: CallOutcome): void;
  giveUp(transaction: PendingTransaction, failure: CallFailure): void;
}

/** One attempt to perform a transaction. Another transaction's lock or a moved shard can require a further attempt. */
interface Attempt {
  /** Counted from 1. */
  readonly number: number;
  readonly pending: PendingTransaction;
  readonly plan: TransactionPlan;
  readonly commit: PendingStep;
  readonly prepares: Map<Slot, PendingStep>;
  readonly prepared: Set<Slot>;
  /** Asks the home for the decision, because the commit cannot be sent any more. */
  resolving: PendingStep | undefined;
}

interface Waiting {
  readonly pending: PendingTransaction;
  readonly attempts: number;
  readonly notBeforeMs: number;
}

export class Transactions {
  readonly #context: TransactionContext;
  readonly #waiting = new Map<PendingTransaction, Waiting>();
  readonly #attempts = new Map<PendingTransaction, Attempt>();
  readonly #ofStep = new Map<PendingStep, PendingTransaction>();

  constructor(context: TransactionContext) {
    this.#context = context;
  }

  /** Begins a transaction that waits for no earlier call. */
  begin(pending: PendingTransaction): void {
    this.#waiting.set(pending, { pending, attempts: 0, notBeforeMs: this.#context.nowMs() });
    this.#proceed(pending);
  }

  /** Starts due attempts, and plans those again whose shards have moved apart. Call this in every tick and view. */
  reconcile(): void {
    for (const pending of this.#waiting.keys()) this.#proceed(pending);
    for (const attempt of this.#attempts.values()) this.#followMoves(attempt);
  }

  #proceed(pending: PendingTransaction): void {
    const waiting = this.#waiting.get(pending);
    if (waiting === undefined || this.#context.nowMs() < waiting.notBeforeMs) return;
    const plan = planOf(pending.call, (slot) => this.#context.orderOf(slot));
    if (plan === undefined) return;
    this.#waiting.delete(pending);
    const participants = plan.remote.map(({ slot }) => slot).toSorted((one, other) => one - other);
    const build = () => ({ kind: 'commit', parts: this.#withEpochs(plan.local), participants }) as const;
    const commit = this.#step(plan.home, { kind: 'commit', build }, pending.deadlineMs, pending);
    commit.isHeld = participants.length > 0;
    pending.commit = commit;
    this.#attempts.set(pending, {
      number: waiting.attempts + 1,
      pending,
      plan,
      commit,
      prepares: new Map(),
      prepared: new Set(),
      resolving: undefined,
    });
    this.#context.start(commit);
  }

  /** Takes the id of a commit that is held. The other slots can prepare now, since they name the transaction. */
  identified(step: PendingStep): void {
    const attempt = this.#attemptOf(step);
    if (attempt === undefined || attempt.commit !== step || attempt.prepares.size > 0 || !step.isHeld) return;
    const transaction = idOf(step);
    const home = step.slot;
    const steps = attempt.plan.remote.map((part) => {
      const build = () => ({ kind: 'prepare', transaction, home, part: this.#withEpoch(part) }) as const;
      return this.#step(part.slot, { kind: 'prepare', build }, attempt.pending.deadlineMs, attempt.pending);
    });
    for (const prepare of steps) attempt.prepares.set(prepare.slot, prepare);
    for (const prepare of steps) if (this.#attempts.get(attempt.pending) === attempt) this.#context.start(prepare);
  }

  /** Takes the answer of an order to a step. */
  answered(step: PendingStep, answer: Answer): void {
    const attempt = this.#end(step);
    step.onSettled?.();
    if (attempt === undefined) return;
    if (answer.kind === 'settled') {
      if (step !== attempt.resolving) return;
      if (answer.isCommitted) this.#committed(attempt);
      else this.#retry(attempt);
    } else if (answer.kind === 'transacted') {
      if (step === attempt.commit) this.#decided(attempt, answer);
      else if (answer.result === 'prepared') this.#notePrepared(attempt, step.slot);
      else {
        // The slot holds no lock that would have to be released.
        attempt.prepares.delete(step.slot);
        this.#rejected(attempt, answer, [partAt(attempt.plan.remote, step.slot)]);
      }
    }
  }

  /**
   * Takes the failure of a step that is not repeated.
   * @param outcome the outcome of the transaction if this was its commit
   */
  failed(step: PendingStep, outcome: CallOutcome): void {
    const attempt = this.#end(step);
    if (attempt === undefined) return;
    const { pending, commit } = attempt;
    if (!mayHaveEffect(commit)) {
      this.#release(attempt);
      this.#context.settle(pending, outcome);
      return;
    }
    // The commit may still take effect. Heralds ask the home for the decision and settle the locks.
    this.#forget(attempt);
    if (step === commit) this.#context.settle(pending, outcome);
    else this.#context.giveUp(pending, NO_DECISION);
  }

  /** Whether the transaction has steps under way. Otherwise it waits for its next attempt. */
  isRunning(pending: PendingTransaction): boolean {
    return this.#attempts.has(pending);
  }

  /** Whether an earlier attempt of the waiting transaction met the lock of another one. */
  hasMetLocks(pending: PendingTransaction): boolean {
    return (this.#waiting.get(pending)?.attempts ?? 0) > 0;
  }

  /** Takes the refusal of a step that another transaction's lock excludes, or whose session is unknown. */
  obstructed(step: PendingStep): void {
    const attempt = this.#attemptOf(step);
    if (attempt !== undefined) this.#retry(attempt);
  }

  /** Ends a transaction that its caller aborted, or whose time is over. */
  abandon(pending: PendingTransaction): void {
    this.#waiting.delete(pending);
    const attempt = this.#attempts.get(pending);
    if (attempt === undefined) return;
    if (mayHaveEffect(attempt.commit)) this.#forget(attempt);
    else this.#release(attempt);
  }

  #notePrepared(attempt: Attempt, slot: Slot): void {
    attempt.prepared.add(slot);
    if (attempt.prepared.size < attempt.plan.remote.length) return;
    attempt.commit.isHeld = false;
    this.#context.start(attempt.commit);
  }

  #decided(attempt: Attempt, answer: Transacted): void {
    if (answer.result === 'committed') this.#committed(attempt);
    else if (answer.result === 'conflict') this.#rejected(attempt, answer, attempt.plan.local);
    else this.#retry(attempt);
  }

  #rejected(attempt: Attempt, { conflicts, result }: Transacted, parts: readonly PartSketch[]): void {
    if (result !== 'conflict') {
      this.#retry(attempt);
      return;
    }
    this.#release(attempt);
    this.#context.settle(attempt.pending, { kind: 'rejected', conflicts: conflictingKeys(parts, conflicts) });
  }

  /** Ends a committed transaction, and performs its writes in the prepared slots. */
  #committed(attempt: Attempt): void {
    const { pending, commit, plan } = attempt;
    const transaction = plan.remote.length > 0 ? idOf(commit) : undefined;
    this.#forget(attempt);
    this.#context.settle(pending, { kind: 'committed' });
    if (transaction === undefined) return;
    const unfinished = new Set(plan.remote.map(({ slot }) => slot));
    for (const { slot } of plan.remote) {
      this.#inBackground(slot, 'commit', transaction, () => {
        unfinished.delete(slot);
        if (unfinished.size === 0) this.#inBackground(plan.home, 'forget', transaction);
      });
    }
  }

  /** Releases all locks of the attempt, and tries again after a random pause. */
  #retry(attempt: Attempt): void {
    const { number } = attempt;
    this.#release(attempt);
    const { transactionRetryMs, transactionRetryMaximumMs } = this.#context.times;
    const longestMs = Math.min(transactionRetryMs * 2 ** Math.min(number, 8), transactionRetryMaximumMs);
    const notBeforeMs = this.#context.nowMs() + Math.floor(this.#context.random() * longestMs);
    this.#waiting.set(attempt.pending, { pending: attempt.pending, attempts: number, notBeforeMs });
  }

  /** Releases the locks of an attempt whose commit had no effect and never will. */
  #release(attempt: Attempt): void {
    const transaction = attempt.prepares.size > 0 ? idOf(attempt.commit) : undefined;
    this.#forget(attempt);
    attempt.pending.commit = undefined;
    if (transaction === undefined) return;
    for (const prepare of attempt.prepares.values()) {
      if (attempt.prepared.has(prepare.slot) || prepare.attempts.mayHaveEffect) {
        this.#inBackground(prepare.slot, 'abort', transaction);
      }
    }
  }

  /** Drops all steps of an attempt. Their commands are finished, so late copies of them are refused. */
  #forget(attempt: Attempt): void {
    const { pending, commit, prepares, resolving } = attempt;
    this.#attempts.delete(pending);
    for (const step of [commit, ...prepares.values(), ...(resolving === undefined ? [] : [resolving])]) {
      this.#ofStep.delete(step);
      this.#context.drop(step);
    }
  }

  /** Asks the home for the decision if the local parts of a sent commit are no longer in one order. */
  #followMoves(attempt: Attempt): void {
    const { commit, plan, pending } = attempt;
    if (attempt.resolving !== undefined) return;
    const orders = new Set(plan.local.map(({ slot }) => this.#context.orderOf(slot)));
    if (orders.size === 1) return;
    if (!mayHaveEffect(commit)) {
      this.#retry(attempt);
      return;
    }
    commit.isHeld = true;
    const call = { kind: 'settle', step: 'resolve', transaction: idOf(commit) } as const;
    attempt.resolving = this.#step(plan.home, call, pending.deadlineMs, pending);
    this.#context.start(attempt.resolving);
  }

  #inBackground(slot: Slot, step: Settle['step'], transaction: TransactionId, onSettled?: () => void): void {
    const deadlineMs = this.#context.nowMs() + this.#context.times.requestDeadlineMs;
    const started = this.#step(slot, { kind: 'settle', step, transaction }, deadlineMs, undefined, onSettled);
    this.#context.start(started);
  }

  #step(
    slot: Slot,
    call: StepCall,
    deadlineMs: number,
    pending: PendingTransaction | undefined,
    onSettled?: () => void,
  ): PendingStep {
    const step: PendingStep = {
      kind: 'step',
      call,
      slot,
      beganMs: this.#context.nowMs(),
      deadlineMs,
      hasOwnTimeout: true,
      bytes: 0,
      state: 'waiting',
      attempts: new Attempts(),
      command: undefined,
      isHeld: false,
      onSettled,
    };
    if (pending !== undefined) this.#ofStep.set(step, pending);
    return step;
  }

  /** Ends a step. Returns its attempt if that is still under way. */
  #end(step: PendingStep): Attempt | undefined {
    const attempt = this.#attemptOf(step);
    this.#context.drop(step);
    this.#ofStep.delete(step);
    return attempt;
  }

  #attemptOf(step: PendingStep): Attempt | undefined {
    const pending = this.#ofStep.get(step);
    return pending && this.#attempts.get(pending);
  }

  #withEpochs(parts: readonly PartSketch[]) {
    return parts.map((part) => this.#withEpoch(part));
  }

  #withEpoch(part: PartSketch) {
    return { ...part, shardEpoch: this.#context.epochOf(part.slot) };
  }
}

function partAt(parts: readonly PartSketch[], slot: Slot): PartSketch {
  const part = parts.find((candidate) => candidate.slot === slot);
  assert(part !== undefined, 'every prepare has a part');
  return part;
}

/** The id of the transaction that the commit decides. */
function idOf({ command }: PendingStep): TransactionId {
  assert(command !== undefined, 'other slots prepare after the commit has its command id');
  return { client: command.session.client, sequence: command.sequence };
}

const NO_DECISION: CallFailure = {
  code: 'UNAVAILABLE',
  why: 'The decision of the transaction got no answer in time.',
  advice: '',
};
