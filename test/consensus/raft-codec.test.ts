import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ShardbearerError } from '../../src/wire/errors.ts';
import { asLogIndex, asReplicaId } from '../../src/wire/identifiers.ts';
import {
  decodeRaftEntry,
  decodeRaftHardState,
  decodeRaftMessage,
  encodeRaftEntry,
  encodeRaftHardState,
  encodeRaftMessage,
} from '../../src/wire/raft/raft-codec.ts';
import { decodeMembershipChange, encodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import type { MembershipChange, RaftMessage, RaftSnapshot } from '../../src/wire/raft/message.ts';
import { bytesOfJson, jsonOf } from '../wire/schema.ts';

const typeInSchema = (type: RaftMessage['type']) => `RAFT_MESSAGE_TYPE_${type.replaceAll('-', '_').toUpperCase()}`;
const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

const number = fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.maxSafeNat());
const index = number.map(asLogIndex);
const replica = fc.integer({ min: 1 }).map(asReplicaId);
const message: fc.Arbitrary<RaftMessage> = fc
  .record({
    type: fc.constantFrom(
      'pre-vote',
      'pre-vote-response',
      'vote',
      'vote-response',
      'append',
      'append-response',
      'heartbeat',
      'heartbeat-response',
      'read-index',
      'read-index-response',
      'transfer-leader',
      'timeout-now',
    ),
    from: replica,
    to: replica,
    term: number,
    logTerm: number,
    index,
    commit: index,
    reject: fc.boolean(),
    rejectHint: index,
    context: fc.uint8Array({ maxLength: 16 }),
    payloads: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 3 }),
  })
  .map(({ payloads, ...rest }) => {
    if (rest.type !== 'append' || rest.index > 2 ** 50) return { ...rest, entries: [], snapshot: undefined };
    const term = Math.max(rest.term, rest.logTerm);
    const entries = payloads.map((payload, at) => ({
      term,
      index: asLogIndex(rest.index + 1 + at),
      kind: at === 1 ? ('membership' as const) : ('normal' as const),
      payload,
    }));
    return { ...rest, term, entries, snapshot: undefined };
  });

test('every message survives encoding', () => {
  fc.assert(
    fc.property(message, (sent) => {
      expect(decodeRaftMessage(encodeRaftMessage(sent))).toEqual(sent);
    }),
  );
});

test('messages are encoded as the schema says, in both directions', () => {
  fc.assert(
    fc.property(message, (sent) => {
      const json = {
        type: typeInSchema(sent.type),
        from: String(sent.from),
        to: String(sent.to),
        term: String(sent.term),
        logTerm: String(sent.logTerm),
        index: String(sent.index),
        commit: String(sent.commit),
        reject: sent.reject,
        rejectHint: String(sent.rejectHint),
        context: base64Of(sent.context),
        entries: sent.entries.map((entry) => ({
          term: String(entry.term),
          index: String(entry.index),
          kind: entry.kind === 'normal' ? 'RAFT_ENTRY_KIND_NORMAL' : 'RAFT_ENTRY_KIND_MEMBERSHIP',
          payload: base64Of(entry.payload),
        })),
      };
      expect(jsonOf('RaftMessage', encodeRaftMessage(sent))).toEqual(json);
      expect(decodeRaftMessage(bytesOfJson('RaftMessage', json))).toEqual(sent);
    }),
  );
});

test('snapshots and changes of membership survive encoding', () => {
  const snapshot: RaftSnapshot = {
    index: asLogIndex(9),
    term: 3,
    membership: {
      voters: [1, 2, 3].map(asReplicaId),
      outgoingVoters: [1, 4].map(asReplicaId),
      learners: [asReplicaId(7)],
      nextLearners: [asReplicaId(4)],
      autoLeave: true,
    },
    payload: new Uint8Array([1, 2]),
  };
  fc.assert(
    fc.property(message, (sent) => {
      const carrying: RaftMessage = { ...sent, type: 'snapshot', entries: [], snapshot };
      expect(decodeRaftMessage(encodeRaftMessage(carrying))).toEqual(carrying);
      expect(() => decodeRaftMessage(encodeRaftMessage({ ...carrying, snapshot: undefined }))).toThrow('snapshot');
    }),
    { numRuns: 20 },
  );
  const change: MembershipChange = {
    transition: 'joint-explicit',
    changes: [
      { kind: 'add-voter', replica: asReplicaId(1) },
      { kind: 'add-learner', replica: asReplicaId(2) },
      { kind: 'remove', replica: asReplicaId(3) },
      { kind: 'update', replica: asReplicaId(4) },
    ],
    context: new Uint8Array([5]),
  };
  expect(decodeMembershipChange(encodeMembershipChange(change))).toEqual(change);
  const leave: MembershipChange = { transition: 'auto', changes: [], context: new Uint8Array(0) };
  expect(encodeMembershipChange(leave)).toHaveLength(0);
  expect(decodeMembershipChange(new Uint8Array(0))).toEqual(leave);
});

test('fields of a newer build are ignored', () => {
  const state = { term: 7, vote: asReplicaId(1), commit: asLogIndex(9) };
  const unknown = [0x78, 0x85, 0x01, 0x7a, 0x02, 0x01, 0x02, 0x7d, 1, 2, 3, 4, 0x79, 1, 2, 3, 4, 5, 6, 7, 8];
  expect(decodeRaftHardState(new Uint8Array([...unknown, ...encodeRaftHardState(state)]))).toEqual(state);
});

test('entries and hard states survive encoding', () => {
  const entry = { term: 3, index: asLogIndex(2 ** 40), kind: 'membership', payload: new Uint8Array([1]) } as const;
  expect(decodeRaftEntry(encodeRaftEntry(entry))).toEqual(entry);
  const state = { term: 7, vote: undefined, commit: asLogIndex(9) };
  expect(decodeRaftHardState(encodeRaftHardState(state))).toEqual(state);
  const voted = { ...state, vote: asReplicaId(2) };
  expect(decodeRaftHardState(encodeRaftHardState(voted))).toEqual(voted);
});

function outcomeOf(bytes: Uint8Array): string {
  try {
    decodeRaftMessage(bytes);
    return 'read';
  } catch (error) {
    return error instanceof ShardbearerError && 'code' in error ? String(error.code) : String(error);
  }
}

test('malformed bytes are rejected with a frame error or decode to a valid message', () => {
  fc.assert(
    fc.property(message, fc.nat(), fc.integer({ min: 0, max: 255 }), (sent, at, value) => {
      const bytes = encodeRaftMessage(sent);
      bytes[at % bytes.length] = value;
      expect(['read', 'FRAME_MALFORMED']).toContain(outcomeOf(bytes));
    }),
    { numRuns: 2_000 },
  );
});

test('entries with gaps, or of a later term than their message, are rejected', () => {
  const base: RaftMessage = {
    type: 'append',
    from: asReplicaId(1),
    to: asReplicaId(2),
    term: 5,
    logTerm: 3,
    index: asLogIndex(4),
    commit: asLogIndex(0),
    reject: false,
    rejectHint: asLogIndex(0),
    context: new Uint8Array(0),
    entries: [],
    snapshot: undefined,
  };
  const entry = (at: number, term: number) =>
    ({ term, index: asLogIndex(at), kind: 'normal', payload: new Uint8Array(1) }) as const;
  for (const entries of [[entry(6, 5)], [entry(5, 2)], [entry(5, 6)], [entry(5, 5), entry(5, 5)]]) {
    expect(() => decodeRaftMessage(encodeRaftMessage({ ...base, entries }))).toThrow(ShardbearerError);
  }
  expect(() => decodeRaftMessage(encodeRaftMessage({ ...base, type: 'heartbeat', entries: [entry(5, 5)] }))).toThrow(
    'entries in a message of type heartbeat',
  );
});
