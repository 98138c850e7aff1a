import { assert } from '../wire/assertion.ts';
import type { ClientId } from '../wire/identifiers.ts';
import type { StateItem, StateRefused, StateWritten } from '../wire/records/state-chunk.ts';
import { keyBytesOf } from './key-text.ts';
import type { SlotState } from './slot-state.ts';

/**
 * Yields the items of one slot, its values and its outcomes, in a deterministic order.
 * @param sessions session numbers by client
 */
export function* itemsOfSlot(state: SlotState, sessions: ReadonlyMap<ClientId, number>): Generator<StateItem> {
  yield { kind: 'slot', slot: state.slot, revision: state.load.writes };
  for (const [key, { value, versionstamp }] of state.values()) {
    yield { kind: 'value', key: keyBytesOf(key), value, versionstamp };
  }
  yield* outcomesOf(state, sessions).toSorted(
    (left, right) => left.session - right.session || left.sequence - right.sequence,
  );
}

function outcomesOf(state: SlotState, sessions: ReadonlyMap<ClientId, number>): (StateWritten | StateRefused)[] {
  return Array.from(state.outcomes(), ([client, sequence, outcome]) => {
    const session = sessions.get(client);
    assert(session !== undefined, 'every outcome belongs to a session');
    if (outcome.kind === 'refused') return { ...outcome, session, sequence };
    const { kind, versionstamp, existed } = outcome;
    return { kind, session, sequence, versionstamp, existed };
  });
}
