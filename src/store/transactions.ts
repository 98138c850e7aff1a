/**
 * The steps of transactions (design, rule 16). A transaction within one order is one `commit` command. Otherwise a
 * `prepare` command locks the keys in each slot of other orders, and the `commit` command at the home slot decides.
 * Then a `settle` entry performs the writes and releases the lock in each prepared slot.
 *
 * The outcome of the `commit` command, or the record of the commit, is the only proof of a commit. A transaction
 * without both is aborted, once the `commit` command can no longer take effect.
 */
import type { Commit, Prepare, Settle, TransactionId, TransactionPart } from '../wire/entries/command.ts';
import type { Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { StateRefusal } from './contract.ts';
import type { RangeLocks } from './range-locks.ts';
import { refusal } from './refusal.ts';
import type { SessionTable } from './session-table.ts';
import type { Origin } from './shard-map.ts';
import { lockOf } from './slot-locks.ts';
import { type Outcome, SlotState } from './slot-state.ts';
import type { SlotTable } from './slot-table.ts';
import type { WriteMoment } from './stored-value.ts';

interface TransactionState {
  /** Returns the moment of a write to the slot with the current entry. */
  readonly momentOf: (slot: Slot) => WriteMoment;
  readonly slots: SlotTable;
  readonly sessions: SessionTable;
  readonly rangeLocks: RangeLocks;
}

/** The outcome of a command, which the order keeps. Or a refusal that a retry may not meet again. */
export type Decision =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'later'; readonly refusal: StateRefusal };

export const LOCKED = refusal('LOCKED', 'A transaction that is not decided yet holds the key.');

/** Locks the keys of a transaction in one slot, if its checks hold and the slot can perform its writes. */
export function prepare(operation: Prepare, { slots, rangeLocks }: TransactionState): Decision {
  const { part } = operation;
  const { slot } = part;
  const state = slots.get(slot) ?? new SlotState(slot, NOBODY);
  if (isBlocked(part, state, rangeLocks)) return { kind: 'later', refusal: LOCKED };
  if ((state.locks?.lockCount ?? 0) >= LIMITS.transactions.locksOfSlot) return { kind: 'later', refusal: FULL };
  const obstacle = obstacleTo([part], [state]);
  if (obstacle !== undefined) return { kind: 'outcome', outcome: obstacle };
  slots.changeLocks(slot, (locks) => locks.add(lockOf(operation)));
  return decided('prepared');
}

/**
 * Decides a transaction and performs its writes in the slots of this order. The caller has checked that this order
 * serves these slots.
 */
export function commit(
  { parts, participants }: Commit,
  transaction: TransactionId,
  { slots, rangeLocks, momentOf }: TransactionState,
): Decision {
  const states = parts.map(({ slot }) => slots.get(slot) ?? new SlotState(slot, NOBODY));
  if (parts.some((part, at) => isBlocked(part, states[at], rangeLocks))) {
    // A transaction that holds locks elsewhere must not wait, because two such transactions could wait for each other.
    return participants.length > 0 ? decided('aborted') : { kind: 'later', refusal: LOCKED };
  }
  const obstacle = obstacleTo(parts, states);
  if (obstacle !== undefined) return { kind: 'outcome', outcome: obstacle };
  for (const { slot, writes } of parts) if (writes.length > 0) slots.perform(slot, writes, momentOf(slot));
  const [home] = parts;
  if (home !== undefined && participants.length > 0) {
    slots.changeLocks(home.slot, (locks) => locks.record({ transaction, participants }));
  }
  return decided('committed');
}

function isBlocked(part: TransactionPart, state: SlotState | undefined, rangeLocks: RangeLocks): boolean {
  if (state?.locks?.blocksPart(part) === true) return true;
  return part.writes.some(({ key }) => rangeLocks.blocks(part.slot, key));
}

export function keysOfPart({ checks, writes }: TransactionPart): readonly Uint8Array[] {
  return [...checks, ...writes].map(({ key }) => key);
}

/** Returns the outcome of a transaction whose checks fail, or whose writes are impossible. */
function obstacleTo(parts: readonly TransactionPart[], states: readonly SlotState[]): Outcome | undefined {
  const checks = parts.flatMap((part, at) => states[at]?.checksOf(part) ?? []);
  const conflicts = checks.flatMap((holds, at) => (holds ? [] : [at]));
  if (conflicts.length > 0) return { kind: 'transacted', result: 'conflict', conflicts };
  for (const [at, { writes }] of parts.entries()) {
    for (const write of writes) {
      const refused = states[at]?.refusalOf(write);
      if (refused !== undefined) return refused;
    }
  }
  return undefined;
}

/**
 * Performs a step that needs no session. The step is idempotent.
 * @param origin origin of the slot, which this order serves
 * @returns whether the transaction is committed, as far as this slot knows
 */
export function settle({ step, slot, transaction }: Settle, origin: Origin, state: TransactionState): boolean {
  const { slots, momentOf } = state;
  switch (step) {
    case 'commit':
    case 'abort': {
      if (slots.get(slot)?.locks?.has(transaction) === true) {
        const lock = slots.changeLocks(slot, (locks) => locks.take(transaction));
        if (step === 'commit' && lock !== undefined) slots.perform(slot, lock.writes, momentOf(slot));
      }
      return step === 'commit';
    }
    case 'forget':
      if (slots.get(slot)?.locks?.isCommitted(transaction) === true) {
        slots.changeLocks(slot, (locks) => locks.forget(transaction));
      }
      return true;
    case 'resolve':
      return isCommitted(transaction, slot, origin, state);
  }
}

/** Whether the transaction is committed. Aborts it if it is undecided. */
function isCommitted(
  transaction: TransactionId,
  home: Slot,
  origin: Origin,
  { slots, sessions }: TransactionState,
): boolean {
  const { client, sequence } = transaction;
  if (slots.get(home)?.locks?.isCommitted(transaction) === true) return true;
  const outcome = slots.get(home)?.outcomeOf(client, sequence);
  if (outcome !== undefined) return outcome.kind === 'transacted' && outcome.result === 'committed';
  // Keeps an outcome for a decision that may still arrive. Without such a session the decision is refused.
  const session = sessions.get(client);
  const mayArrive = session?.mayWrite(origin) === true && sequence > session.finishedThrough;
  if (mayArrive && !session.unfinished.has(sequence)) {
    sessions.claim(client, sequence, home);
    slots.changeable(home).keep(client, sequence, ABORTED);
  }
  return false;
}

function decided(result: 'prepared' | 'committed' | 'aborted'): Decision {
  return { kind: 'outcome', outcome: { kind: 'transacted', result, conflicts: [] } };
}

const ABORTED: Outcome = { kind: 'transacted', result: 'aborted', conflicts: [] };
const FULL = refusal(
  'OVERLOADED',
  `${LIMITS.transactions.locksOfSlot} transactions hold locks in the slot of the key. Retry later.`,
);
/** Owner of the empty state that stands for a missing slot. Nobody changes that state. */
const NOBODY = {};
