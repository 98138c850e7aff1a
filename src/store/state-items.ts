/** Converts states and shards to items, and packs the items into chunks. */
import { assert } from '../wire/assertion.ts';
import type { ClientId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type {
  StateConflict,
  StateItem,
  StateRefused,
  StateTransacted,
  StateWritten,
} from '../wire/records/state-chunk.ts';
import { StateChunkWriter } from '../wire/records/state-chunk-codec.ts';
import { EMPTY_HASH, feedNumbers, type Hash } from './hash.ts';
import type { KeptSessions } from './kept-sessions.ts';
import { keyBytesOf } from './key.ts';
import type { SlotState } from './slot-state.ts';
import { hashOfSlots } from './slot-table.ts';

/** Packs items lazily into chunks of about `LIMITS.snapshots.snapshotChunkBytes`. Yields at least one chunk. */
export function* packed(items: Iterable<StateItem>): Generator<Uint8Array> {
  const writer = new StateChunkWriter();
  for (const item of items) {
    if (writer.bytes >= LIMITS.snapshots.snapshotChunkBytes) yield writer.take();
    writer.add(item);
  }
  yield writer.take();
}

/** The sessions and slots of a shard that is not served. */
export interface ShardContents {
  readonly sessions: KeptSessions;
  readonly slots: readonly SlotState[];
}

export function hashOfContents({ sessions, slots }: ShardContents): Hash {
  return [sessions.hash(), hashOfSlots(slots)].reduce(
    (hash, { low, high }) => feedNumbers(hash, low, high),
    EMPTY_HASH,
  );
}

/**
 * Yields the items of a shard in a deterministic order.
 * @param before sessions that the reader already knows; only differences to them are yielded
 */
export function* itemsOfContents({ sessions, slots }: ShardContents, before: KeptSessions): Generator<StateItem> {
  yield* sessions.itemsAfter(before);
  const numbers = new Map<ClientId, number>(sessions.clients().map((client, number) => [client, number]));
  for (const slot of slots) yield* itemsOfSlot(slot, numbers);
}

/**
 * Yields the items of one slot in a deterministic order: its values, recent changes, locks, commits and outcomes.
 * @param sessions session numbers by client
 */
export function* itemsOfSlot(state: SlotState, sessions: ReadonlyMap<ClientId, number>): Generator<StateItem> {
  yield { kind: 'slot', slot: state.slot, revision: state.load.writes };
  const { trimmedThrough, changes } = state.window;
  if (trimmedThrough !== undefined) yield { kind: 'trimmed', position: trimmedThrough };
  for (const [key, { value, versionstamp, expiresAtMs }] of state.values()) {
    yield { kind: 'value', key: keyBytesOf(key), value, versionstamp, expiresAtMs };
  }
  for (const { key, value, ...change } of changes) {
    // A window shares its bytes with the stored value, and a state contains them once.
    const isCurrent = value !== undefined && state.valueOf(key)?.value === value;
    yield {
      kind: 'change',
      ...change,
      key: keyBytesOf(key),
      value: isCurrent || value === undefined ? NO_BYTES : value,
    };
  }
  for (const { transaction, home, isWholeSlot, checked, writes } of state.locks?.locks() ?? []) {
    yield { kind: 'lock', transaction, home, isWholeSlot, checked: checked.map(keyBytesOf) };
    for (const write of writes) yield { kind: 'locked-write', write };
  }
  for (const commit of state.locks?.commits() ?? []) yield { kind: 'commit', ...commit };
  yield* outcomesOf(state, sessions).toSorted(
    (left, right) => left.session - right.session || left.sequence - right.sequence,
  );
}

type OutcomeItem = StateWritten | StateConflict | StateRefused | StateTransacted;

function outcomesOf(state: SlotState, sessions: ReadonlyMap<ClientId, number>): OutcomeItem[] {
  return Array.from(state.outcomes(), ([client, sequence, outcome]) => {
    const session = sessions.get(client);
    assert(session !== undefined, 'every outcome belongs to a session');
    if (outcome.kind === 'refused' || outcome.kind === 'transacted') return { ...outcome, session, sequence };
    if (outcome.kind === 'conflict') return { kind: 'conflict', session, sequence };
    const { kind, versionstamp, existed, reply } = outcome;
    return { kind, session, sequence, versionstamp, existed, reply };
  });
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
