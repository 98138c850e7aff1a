/** One value of every kind of message. `golden-bytes.json` holds the encoded values, which never change. */
import { decodeConfiguration, encodeConfiguration } from '../../src/wire/configuration/configuration-codec.ts';
import { decodeRoster, encodeRoster } from '../../src/wire/configuration/roster.ts';
import {
  type ConfigurationStateItem,
  ConfigurationStateWriter,
  decodeConfigurationState,
} from '../../src/wire/configuration/state-codec.ts';
import { decodeEntry, encodeEntry } from '../../src/wire/entries/entry-codec.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frames/frame-codec.ts';
import { asLogIndex, asReplicaId, asSequenceNumber, asSlot, parseRoomName } from '../../src/wire/identifiers.ts';
import {
  decodeGreeting,
  decodeGreetingAnswer,
  encodeGreeting,
  encodeGreetingAnswer,
} from '../../src/wire/links/greeting.ts';
import { decodeMembershipChange, encodeMembershipChange } from '../../src/wire/raft/membership-codec.ts';
import type { RaftMessage } from '../../src/wire/raft/message.ts';
import { EMPTY_RAFT_MESSAGE } from '../../src/wire/raft/message.ts';
import {
  decodeRaftEntry,
  decodeRaftHardState,
  decodeRaftMessage,
  encodeRaftEntry,
  encodeRaftHardState,
  encodeRaftMessage,
} from '../../src/wire/raft/raft-codec.ts';
import * as records from '../../src/wire/records/record-codec.ts';
import { decodeSnapshotDescription, encodeSnapshotDescription } from '../../src/wire/records/snapshot-description.ts';
import type { StateItem } from '../../src/wire/records/state-chunk.ts';
import { decodeStateChunk, StateChunkWriter } from '../../src/wire/records/state-chunk-codec.ts';
import type { MemberMessage, ServerMessage } from '../../src/wire/rendezvous.ts';
import {
  decodeMemberMessage,
  decodeServerMessage,
  encodeMemberMessage,
  encodeServerMessage,
} from '../../src/wire/rendezvous-codec.ts';

import {
  bytesOf,
  change,
  client,
  configuration,
  ENTRIES,
  FRAMES,
  idOf,
  large,
  logTimeMs,
  members,
  position,
  range,
  transaction,
  versionstamp,
} from './golden-values.ts';

export interface GoldenMessage {
  readonly name: string;
  readonly value: unknown;
  readonly encode: () => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

function golden<Value>(
  family: string,
  values: Readonly<Record<string, Value>>,
  encode: (value: Value) => Uint8Array,
  decode: (bytes: Uint8Array) => Value,
): readonly GoldenMessage[] {
  return Object.entries(values).map(([name, value]) => ({
    name: `${family}: ${name}`,
    value,
    encode: () => encode(value),
    decode,
  }));
}

const raftEntry = { term: 3, index: asLogIndex(5), kind: 'normal', payload: bytesOf(1) } as const;
const parties = { ...EMPTY_RAFT_MESSAGE, from: asReplicaId(1), to: asReplicaId(2), term: 4 };
const raftMembership = {
  voters: [1, 2, 300].map(asReplicaId),
  outgoingVoters: [1, 4].map(asReplicaId),
  learners: [5].map(asReplicaId),
  nextLearners: [4].map(asReplicaId),
  autoLeave: true,
};
const raftMessages: Readonly<Record<string, RaftMessage>> = {
  append: {
    ...parties,
    type: 'append',
    logTerm: 2,
    index: asLogIndex(4),
    commit: asLogIndex(3),
    entries: [raftEntry, { term: 4, index: asLogIndex(6), kind: 'membership', payload: new Uint8Array(200).fill(7) }],
  },
  'append response': {
    ...parties,
    type: 'append-response',
    index: asLogIndex(large),
    reject: true,
    rejectHint: asLogIndex(9),
  },
  heartbeat: { ...parties, type: 'heartbeat', commit: asLogIndex(3), context: new Uint8Array(16).fill(1) },
  propose: { ...parties, type: 'propose', entries: [{ ...raftEntry, payload: bytesOf() }] },
  snapshot: {
    ...parties,
    type: 'snapshot',
    snapshot: { index: asLogIndex(50), term: 3, membership: raftMembership, payload: bytesOf(2) },
  },
  ...Object.fromEntries(
    (
      [
        'pre-vote',
        'pre-vote-response',
        'vote',
        'vote-response',
        'heartbeat-response',
        'read-index',
        'read-index-response',
        'transfer-leader',
        'timeout-now',
      ] as const
    ).map((type) => [type, { ...parties, type, index: asLogIndex(8) }]),
  ),
};

const shard = { shard: range };
const chunk: readonly StateItem[] = [
  {
    kind: 'head',
    generation: 1,
    appliedIndex: asLogIndex(90),
    logTimeMs,
    latestFreeze: asLogIndex(40),
  },
  { kind: 'shard', ...shard },
  { kind: 'origin', first: range.first, last: range.last, since: asLogIndex(7), closedThrough: asLogIndex(6) },
  { kind: 'departed', ...shard },
  { kind: 'range-lock', lock: idOf('e7'), shards: [range], from: undefined, to: bytesOf(2), index: asLogIndex(9) },
  { kind: 'session', client, lastUsedMs: 4, finishedThrough: asSequenceNumber(3), openedAt: asLogIndex(2) },
  { kind: 'admission', since: asLogIndex(9) },
  { kind: 'slot', slot: asSlot(101), revision: large },
  { kind: 'trimmed', position: { epoch: 1, index: asLogIndex(4) } },
  { kind: 'value', key: bytesOf(1), value: bytesOf(2, 3), versionstamp, expiresAtMs: logTimeMs },
  {
    kind: 'change',
    type: 'put',
    key: bytesOf(1),
    value: bytesOf(),
    versionstamp,
    position: { epoch: 2, index: asLogIndex(5) },
    since: asLogIndex(6),
  },
  {
    kind: 'change',
    type: 'delete',
    key: bytesOf(1),
    value: bytesOf(),
    versionstamp,
    position: { epoch: 2, index: asLogIndex(6) },
    since: asLogIndex(6),
  },
  { kind: 'lock', transaction, home: asSlot(5), isWholeSlot: true, checked: [bytesOf(1), bytesOf(2)] },
  { kind: 'locked-write', write: { kind: 'put', key: bytesOf(1), value: bytesOf(2) } },
  { kind: 'locked-write', write: { kind: 'delete', key: bytesOf(2) } },
  { kind: 'commit', transaction, participants: [asSlot(5), asSlot(6)] },
  { kind: 'written', session: 0, sequence: asSequenceNumber(3), versionstamp, existed: true },
  { kind: 'written', session: 0, sequence: asSequenceNumber(6), versionstamp, existed: true, reply: bytesOf(0x30) },
  { kind: 'transacted', session: 0, sequence: asSequenceNumber(4), result: 'conflict', conflicts: [3] },
  { kind: 'conflict', session: 0, sequence: asSequenceNumber(5) },
  { kind: 'refused', session: 1, sequence: asSequenceNumber(4), code: 'VALUE_TOO_LARGE', message: 'Too large.' },
  { kind: 'frozen', ...shard, to: idOf('b2'), logTimeMs },
  { kind: 'incoming', ...shard, from: idOf('b1'), chunks: 2, logTimeMs },
  { kind: 'kept', client, finishedThrough: asSequenceNumber(3) },
  { kind: 'dropped', client },
  { kind: 'start', generation: 1, ...shard, logTimeMs },
  { kind: 'end', digest: '0123456789abcdef' },
];
const configurationState: readonly ConfigurationStateItem[] = [
  { kind: 'head', appliedIndex: asLogIndex(8), logTimeMs, term: 6 },
  { kind: 'base', configuration: { ...configuration, number: 0, orders: [] } },
  { kind: 'change', change },
];

function packed<Item>(
  writer: { readonly add: (item: Item) => void; readonly take: () => Uint8Array },
  items: readonly Item[],
) {
  for (const item of items) writer.add(item);
  return writer.take();
}

const memberMessages: Readonly<Record<string, MemberMessage>> = {
  join: { kind: 'join', version: 1, room: parseRoomName('ab'.repeat(32)), member: { id: idOf('a1'), kind: 'client' } },
  signal: { kind: 'signal', to: idOf('a2'), sealed: bytesOf(1, 2) },
  ping: { kind: 'ping', number: 0xffff_ffff },
};
const serverMessages: Readonly<Record<string, ServerMessage>> = {
  welcome: {
    kind: 'welcome',
    neighbours: [{ id: idOf('a2'), kind: 'radiant' }],
    iceServers: [
      { urls: ['stun:a', 'turn:b'], username: 'me', credential: 'word' },
      { urls: [], username: undefined, credential: undefined },
    ],
  },
  forwarded: { kind: 'forwarded', from: idOf('a1'), sealed: bytesOf(3) },
  'member left': { kind: 'member-left', member: idOf('a1') },
  refused: { kind: 'refused', code: 'room-full', message: 'Full.', member: idOf('a3') },
  'refused, about no member': { kind: 'refused', code: 'malformed', message: '', member: undefined },
  pong: { kind: 'pong', number: 0 },
};

const checkpoint = {
  index: asLogIndex(80),
  compactionPoint: bytesOf(1),
  description: bytesOf(2, 3),
  chunkCount: 4,
  origin: 'fetched' as const,
};
const kept: readonly GoldenMessage[] = [
  ...golden(
    'record',
    {
      identity: { radiant: idOf('a1'), device: idOf('d1'), boot: idOf('f1'), startCounter: 3, formatVersion: 1 },
    },
    records.encodeIdentityRecord,
    records.decodeIdentityRecord,
  ),
  ...golden(
    'record',
    { founding: { cluster: idOf('c1'), configuration }, begun: { cluster: idOf('c1'), configuration: undefined } },
    records.encodeFoundingRecord,
    records.decodeFoundingRecord,
  ),
  ...golden(
    'record',
    { group: { id: idOf('b1'), replica: asReplicaId(2), firstVoters: members, firstShards: [range] } },
    records.encodeGroupRecord,
    records.decodeGroupRecord,
  ),
  ...golden(
    'record',
    { departure: { replica: asReplicaId(2) } },
    records.encodeDepartureRecord,
    records.decodeDepartureRecord,
  ),
  ...golden(
    'record',
    {
      seen: {
        seen: [1, 2].map((replica) => ({
          group: idOf('b1'),
          replica: asReplicaId(replica),
          boot: idOf('f1'),
          startCounter: 9,
          position,
        })),
      },
    },
    records.encodeSeenRecord,
    records.decodeSeenRecord,
  ),
  ...golden(
    'record',
    { log: { firstIndex: asLogIndex(7), entries: [bytesOf(1), bytesOf(), bytesOf(2, 3)] } },
    records.encodeLogRecord,
    records.decodeLogRecord,
  ),
  ...golden(
    'record',
    { checkpoint, 'own checkpoint': { ...checkpoint, origin: 'own' } },
    records.encodeCheckpointRecord,
    records.decodeCheckpointRecord,
  ),
  ...golden(
    'record',
    { incoming: { index: asLogIndex(80), description: bytesOf(2, 3) } },
    records.encodeIncomingRecord,
    records.decodeIncomingRecord,
  ),
];

export const GOLDEN_MESSAGES: readonly GoldenMessage[] = [
  ...golden('frame', FRAMES, encodeFrame, decodeFrame),
  ...golden('entry', ENTRIES, encodeEntry, decodeEntry),
  ...golden('Raft message', raftMessages, (message) => encodeRaftMessage(message).slice(), decodeRaftMessage),
  ...golden('Raft entry', { normal: raftEntry }, encodeRaftEntry, decodeRaftEntry),
  ...golden(
    'Raft hard state',
    {
      voted: { term: 7, vote: asReplicaId(2), commit: asLogIndex(9) },
      'not voted': { term: 7, vote: undefined, commit: asLogIndex(0) },
    },
    encodeRaftHardState,
    decodeRaftHardState,
  ),
  ...golden(
    'Raft membership change',
    {
      joint: {
        transition: 'joint-explicit',
        changes: (['add-voter', 'add-learner', 'remove', 'update'] as const).map((kind, at) => ({
          kind,
          replica: asReplicaId(at + 1),
        })),
        context: bytesOf(5),
      },
      leave: { transition: 'auto', changes: [], context: bytesOf() },
    },
    encodeMembershipChange,
    decodeMembershipChange,
  ),
  ...golden('configuration', { 'with all parts': configuration }, encodeConfiguration, decodeConfiguration),
  ...golden(
    'roster',
    {
      'with all parts': {
        number: 5,
        isReached: true,
        nextReplica: asReplicaId(8),
        companion: asReplicaId(7),
        members: members.map((member, at) => ({
          ...member,
          wanted: (['voter', 'removed', 'learner'] as const)[at] ?? 'voter',
        })),
      },
    },
    encodeRoster,
    decodeRoster,
  ),
  ...golden('state', { chunk }, (items) => packed(new StateChunkWriter(), items), decodeStateChunk),
  ...golden(
    'configuration state',
    { chunk: configurationState },
    (items) => packed(new ConfigurationStateWriter(), items),
    decodeConfigurationState,
  ),
  ...golden(
    'snapshot',
    { description: { index: asLogIndex(8), digest: 'digest', roster: bytesOf(1) } },
    encodeSnapshotDescription,
    decodeSnapshotDescription,
  ),
  ...golden(
    'greeting',
    {
      plain: {
        versionMinimum: 1,
        versionMaximum: 2,
        cluster: idOf('c1'),
        radiant: idOf('a1'),
        boot: idOf('f1'),
        build: '0.1.0',
      },
    },
    encodeGreeting,
    decodeGreeting,
  ),
  ...golden(
    'greeting answer',
    { accepted: { kind: 'accepted', version: 1 }, refused: { kind: 'refused', code: 'VERSION_UNSUPPORTED' } },
    encodeGreetingAnswer,
    decodeGreetingAnswer,
  ),
  ...golden('to the signaling server', memberMessages, encodeMemberMessage, decodeMemberMessage),
  ...golden('from the signaling server', serverMessages, encodeServerMessage, decodeServerMessage),
  ...kept,
];
