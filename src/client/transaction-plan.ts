/** The parts of a transaction, by slot and order. */
import { keyTextOf, slotOfKey } from '../store/key.ts';
import { assert } from '../wire/assertion.ts';
import type { TransactionPart } from '../wire/entries/command.ts';
import type { OrderId, Slot } from '../wire/identifiers.ts';
import type { TransactionCall } from './contract.ts';

/** A part without the epoch of its shard, which may change between two sendings. */
export type PartSketch = Omit<TransactionPart, 'shardEpoch'>;

export interface TransactionPlan {
  /** The slot whose order decides. */
  readonly home: Slot;
  /** The parts in the home's order, that of the home first. They need no locks. */
  readonly local: readonly PartSketch[];
  /** The parts in other orders. Each of them has to prepare. */
  readonly remote: readonly PartSketch[];
}

/**
 * Plans a transaction. The order that serves most of its slots decides, so that few slots have to prepare.
 * @returns undefined if it is unknown which order serves one of the slots
 */
export function planOf(
  call: TransactionCall,
  orderOf: (slot: Slot) => OrderId | undefined,
): TransactionPlan | undefined {
  const byOrder = new Map<OrderId, PartSketch[]>();
  for (const part of partsOf(call)) {
    const order = orderOf(part.slot);
    if (order === undefined) return undefined;
    const parts = byOrder.get(order) ?? [];
    byOrder.set(order, parts);
    parts.push(part);
  }
  let local: readonly PartSketch[] = [];
  for (const parts of byOrder.values()) if (parts.length > local.length) local = parts;
  const [home] = local;
  assert(home !== undefined, 'a transaction has keys');
  const remote = [...byOrder.values()].filter((parts) => parts !== local).flat();
  return { home: home.slot, local, remote };
}

function partsOf({ checks, revisions, writes }: TransactionCall): readonly PartSketch[] {
  const slots = new Set([
    ...[...checks, ...writes].map(({ key }) => slotOfKey(key)),
    ...revisions.map((revision) => revision.slot),
  ]);
  return [...slots].map((slot) => ({
    slot,
    revision: revisions.find((revision) => revision.slot === slot)?.revision,
    checks: checks.filter(({ key }) => slotOfKey(key) === slot),
    writes: writes.filter(({ key }) => slotOfKey(key) === slot),
  }));
}

/**
 * Returns the keys whose checks failed. A key of a slot whose revision has changed stands for the slot.
 * @param conflicts numbers of the failed checks, counted over all parts; the revision of a part follows its keys
 */
export function conflictingKeys(parts: readonly PartSketch[], conflicts: readonly number[]): readonly Uint8Array[] {
  const keys = parts.flatMap(({ checks, revision, writes }) => {
    const ofChecks = checks.map(({ key }) => key);
    const first = ofChecks[0] ?? writes[0]?.key;
    return revision === undefined ? ofChecks : [...ofChecks, first];
  });
  const found = new Map(
    conflicts.flatMap((at) => {
      const key = keys[at];
      return key === undefined ? [] : [[keyTextOf(key), key] as const];
    }),
  );
  return [...found.values()];
}
