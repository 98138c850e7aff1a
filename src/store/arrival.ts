import { asLogIndex, type LogIndex, type SequenceNumber, type Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { ArrivedShard } from './incoming-shard.ts';
import type { Session, SessionTable } from './session-table.ts';
import type { SlotTable } from './slot-table.ts';

export interface Served {
  readonly slots: SlotTable;
  readonly sessions: SessionTable;
}

/**
 * Adds an arrived shard to the served slots. A session that arrives and already exists here keeps the higher of the two
 * watermarks. All arrived sessions count as used now. If the order then has more than `LIMITS.herald.sessions`, the
 * least recently used sessions are removed.
 * @param arrivals log indexes at which the served shards arrived; the highest is that of the arrived shard
 */
export function addArrived(
  arrived: ArrivedShard,
  served: Served,
  nowMs: number,
  arrivals: ReadonlySet<LogIndex>,
): void {
  const { slots, sessions } = served;
  const index = asLogIndex(Math.max(...arrivals));
  const convert = (expiresAtMs: number): number => convertedExpiry(expiresAtMs, arrived.logTimeMs, nowMs);
  for (const state of arrived.slots) slots.addArrived(state, index, convert);
  slots.trimWindows();
  for (const [client, finishedThrough] of arrived.sessions.entries()) {
    const session = sessions.use(client, nowMs) ?? sessions.open(client, nowMs, asLogIndex(0));
    session.admissions = [...session.admissions.filter((since) => arrivals.has(since)), index];
    slots.forget(client, session.finish(finishedThrough));
    unite(session, arrived.unfinished.get(client) ?? NOTHING, slots);
  }
  for (const session of sessions.takeBeyond(LIMITS.herald.sessions)) slots.forget(session.client, session.unfinished);
}

/**
 * Converts the expiry of a key to the log time of this order. The key keeps the time that it had left at the freeze.
 * One millisecond more covers the fractions that both log times lack, so that no key expires early.
 */
function convertedExpiry(expiresAtMs: number, frozenAtMs: number, nowMs: number): number {
  const leftMs = Math.min(Math.max(0, expiresAtMs - frozenAtMs), LIMITS.expiry.longestMs);
  return nowMs + leftMs + 1;
}

const NOTHING: ReadonlyMap<SequenceNumber, Slot> = new Map();

function unite(session: Session, arrived: ReadonlyMap<SequenceNumber, Slot>, slots: SlotTable): void {
  const { client, finishedThrough, unfinished } = session;
  for (const [sequence, slot] of arrived) {
    // Drops an arrived outcome that the client has finished. Also drops an outcome whose sequence number the client
    // wrongly used for another key. The outcome of this order has priority.
    const isVoid = sequence <= finishedThrough || unfinished.has(sequence);
    if (isVoid) slots.changeable(slot).forget(client, sequence);
    else unfinished.set(sequence, slot);
  }
}
