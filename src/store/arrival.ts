import { asLogIndex, type LogIndex, type SequenceNumber, type Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { ArrivedShard } from './incoming-shard.ts';
import type { Session, SessionTable } from './session-table.ts';
import type { SlotTable } from './slot-table.ts';

/** What an order serves, and for whom. */
export interface Served {
  readonly slots: SlotTable;
  readonly sessions: SessionTable;
}

/**
 * Adds a shard to what is served. A session that is on both sides has finished what it has finished on either; all
 * count as used now. Where there are more than an order keeps, the longest unused are let go.
 * @param arrivals of the entries with which the shards came that are served; the latest is the one with which it came
 */
export function addArrived(
  arrived: ArrivedShard,
  served: Served,
  nowMs: number,
  arrivals: ReadonlySet<LogIndex>,
): void {
  const { slots, sessions } = served;
  const index = asLogIndex(Math.max(...arrivals));
  for (const state of arrived.slots) slots.put(state);
  for (const [client, finishedThrough] of arrived.sessions.entries()) {
    if (!sessions.has(client)) sessions.open(client, nowMs, asLogIndex(0));
    sessions.use(client, nowMs, (session) => {
      session.admissions = [...session.admissions.filter((since) => arrivals.has(since)), index];
      slots.forget(client, session.finish(finishedThrough));
      unite(session, arrived.unfinished.get(client) ?? NOTHING, slots);
    });
  }
  for (const session of sessions.takeBeyond(LIMITS.sessions)) slots.forget(session.client, session.unfinished);
}

const NOTHING: ReadonlyMap<SequenceNumber, Slot> = new Map();

function unite(session: Session, arrived: ReadonlyMap<SequenceNumber, Slot>, slots: SlotTable): void {
  const { client, finishedThrough, unfinished } = session;
  for (const [sequence, slot] of arrived) {
    // A sequence number that was used for two keys is the client's mistake: what is here stands.
    const isVoid = sequence <= finishedThrough || unfinished.has(sequence);
    if (isVoid) slots.changeable(slot).forget(client, sequence);
    else unfinished.set(sequence, slot);
  }
}
