/** One value of each kind of frame and log entry. Each value has as many fields set as its kind allows. */
import type { Configuration, Order, OrderMember, Shard } from '../../src/wire/configuration/configuration.ts';
import type { Commit, Entry, Operation, Prepare, TransactionPart } from '../../src/wire/entries/command.ts';
import type { Administration, Answer, Body, Frame, Question } from '../../src/wire/frames/frame.ts';
import {
  asLogIndex,
  asReplicaId,
  asRequestNumber,
  asSequenceNumber,
  asSlot,
  type BootId,
  type ClientId,
  type ClusterId,
  type DeviceId,
  type LockId,
  type OrderId,
  parseId,
  type RadiantId,
} from '../../src/wire/identifiers.ts';

type AnyId = BootId & ClientId & ClusterId & DeviceId & LockId & OrderId & RadiantId;

export const idOf = (digits: string): AnyId => parseId<AnyId>(digits.repeat(16));
export const bytesOf = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
export const large = 2 ** 53 - 1;

export const members: readonly OrderMember[] = [
  { radiant: idOf('a1'), replica: asReplicaId(1), device: idOf('d1') },
  { radiant: idOf('a2'), replica: asReplicaId(2), device: idOf('d1') },
  { radiant: idOf('a3'), replica: asReplicaId(7), device: idOf('d2') },
];
const participants = members.map(({ radiant, device }) => ({ radiant, device }));
export const range = { first: asSlot(100), last: asSlot(16_383), epoch: 300 };
const shards: readonly Shard[] = [
  { first: asSlot(0), last: asSlot(99), epoch: 2, source: undefined },
  { ...range, source: idOf('b9') },
];
const order: Order = {
  id: idOf('b1'),
  firstVoters: members,
  firstShards: [{ first: asSlot(0), last: asSlot(99), epoch: 1 }],
  members: { number: 5, voters: participants.slice(0, 1), learners: participants.slice(1) },
  shards,
  isDissolving: true,
};
export const configuration: Configuration = {
  cluster: idOf('c1'),
  generation: 1,
  number: 5,
  algorithm: 'raft',
  stateMachine: 'key-value',
  replicationFactor: 3,
  wantedOrders: 2,
  bondsmith: { id: idOf('b0'), firstVoters: members.slice(0, 2), firstShards: [] },
  orders: [order, { ...order, id: idOf('b2'), shards: [], firstShards: [], isDissolving: false }],
};
export const change = { orders: [order], removed: [idOf('b7')] };

const put: Operation = { kind: 'put', key: bytesOf(1, 2), value: bytesOf(3) };
const command = {
  sequence: asSequenceNumber(9),
  finishedThrough: asSequenceNumber(8),
  slot: asSlot(12_345),
  shardEpoch: 4,
  operation: put,
};
const part: TransactionPart = {
  slot: command.slot,
  shardEpoch: 4,
  revision: 6,
  checks: [
    { key: bytesOf(1), versionstamp: { generation: 1, revision: 2 } },
    { key: bytesOf(2), versionstamp: undefined },
  ],
  writes: [
    { kind: 'put', key: bytesOf(3), value: bytesOf(4) },
    { kind: 'append', key: bytesOf(4), value: bytesOf() },
    { kind: 'append-element', key: bytesOf(5), value: bytesOf(6) },
    { kind: 'delete', key: bytesOf(6) },
  ],
};
export const transaction = { client: idOf('e2'), sequence: asSequenceNumber(17) };
const prepare: Prepare = { kind: 'prepare', transaction, home: asSlot(5), part };
const commit: Commit = {
  kind: 'commit',
  parts: [part, { ...part, slot: asSlot(1), revision: undefined, checks: [] }],
  participants: [asSlot(2), asSlot(16_000)],
};
const machine: Operation = { kind: 'machine', machine: 'tickets', key: bytesOf(1, 2), value: bytesOf(0x30) };
const lockRange = {
  kind: 'lock-range',
  lock: idOf('e7'),
  shards: [range],
  from: bytesOf(1),
  to: bytesOf(2, 0),
} as const;
const settle = { kind: 'settle', slot: asSlot(5), shardEpoch: 4, transaction } as const;
const changePosition = { epoch: 4, index: asLogIndex(large) };
const ranges = [{ first: range.first, last: range.last, position: changePosition }];
export const logTimeMs = 1_700_000_000_123;
export const client = idOf('e1');
export const ENTRIES: Readonly<Record<string, Entry>> = {
  put: { kind: 'command', logTimeMs, client, command },
  'put of an empty value': {
    kind: 'command',
    logTimeMs,
    client,
    command: { ...command, operation: { ...put, value: bytesOf() } },
  },
  append: { kind: 'command', logTimeMs, client, command: { ...command, operation: { ...put, kind: 'append' } } },
  delete: { kind: 'command', logTimeMs, client, command: { ...command, operation: { kind: 'delete', key: put.key } } },
  'open session': { kind: 'open-session', logTimeMs, client },
  members: { kind: 'members', logTimeMs, ...order.members },
  'members reached': { kind: 'members-reached', logTimeMs, number: 7 },
  companion: { kind: 'companion', logTimeMs, companion: asReplicaId(3) },
  'no companion': { kind: 'companion', logTimeMs, companion: undefined },
  freeze: { kind: 'freeze', logTimeMs, shard: range, to: idOf('b2') },
  install: {
    kind: 'install',
    logTimeMs,
    shard: range,
    from: idOf('b2'),
    chunk: 1,
    isLast: true,
    bytes: bytesOf(1, 2, 3),
  },
  discard: { kind: 'discard', logTimeMs: 0, shard: { first: asSlot(0), last: asSlot(0), epoch: 0 } },
  consolidate: { kind: 'consolidate', logTimeMs, shard: range },
  configure: { kind: 'configure', logTimeMs, term: 6, base: 4, change },
  prepare: { kind: 'command', logTimeMs, client, command: { ...command, operation: prepare } },
  commit: { kind: 'command', logTimeMs, client, command: { ...command, operation: commit } },
  settle: { ...settle, logTimeMs, step: 'commit' },
  machine: { kind: 'command', logTimeMs, client, command: { ...command, operation: machine } },
  'lock range': { ...lockRange, logTimeMs },
  'lock all keys': { ...lockRange, logTimeMs, from: undefined, to: undefined },
  'release range': { kind: 'release-range', logTimeMs, lock: idOf('e7') },
  expire: { kind: 'expire', logTimeMs },
  'put that expires': {
    kind: 'command',
    logTimeMs,
    client,
    command: { ...command, operation: { ...put, expiresInMs: 60_000 } },
  },
};

export const position = { voteEpoch: 3, index: large, committedIndex: 120 };
const requestId = { client, clientBoot: idOf('e2'), number: asRequestNumber(77) };
const request = (question: Question): Body => ({ kind: 'request', request: { id: requestId, question } });
const reply = (answer: Answer): Body => ({ kind: 'reply', reply: { id: requestId, answer } });
const administer = (administration: Administration): Body => request({ kind: 'administer', administration });
export const versionstamp = { generation: 1, revision: 300 };
const parties = { from: asReplicaId(1), to: asReplicaId(200) };
const between = { ...parties, index: asLogIndex(70_000) };
const bodies: Readonly<Record<string, Body>> = {
  presence: {
    kind: 'presence',
    presence: {
      device: idOf('d1'),
      durable: true,
      diskFull: true,
      founder: false,
      clientOnly: true,
      startCounter: 2,
      configurationNumber: 5,
      configurationDigest: 'digest',
      memberships: [
        {
          group: idOf('b1'),
          replica: asReplicaId(1),
          atStart: { voteEpoch: 0, index: 0, committedIndex: 0 },
          now: position,
          role: 'leader',
          leader: asReplicaId(1),
        },
        {
          group: idOf('b2'),
          replica: asReplicaId(2),
          atStart: position,
          now: position,
          role: 'learner',
          leader: undefined,
        },
      ],
      members: [
        {
          group: idOf('b1'),
          index: asLogIndex(12),
          nextReplica: asReplicaId(8),
          members: members.map((member) => ({ ...member, voter: true, outgoing: true, learner: false, wanted: true })),
        },
      ],
      seen: [{ group: idOf('b1'), replica: asReplicaId(3), boot: idOf('f1'), startCounter: 9, position }],
      neighbours: [idOf('a2'), idOf('a3')],
      retired: [idOf('a9')],
      absences: [{ radiant: idOf('a8'), forMs: 4_000 }],
    },
  },
  configuration: { kind: 'configuration', configuration },
  consensus: { kind: 'consensus', ...parties, flushed: position, message: bytesOf(9, 8, 7) },
  goodbye: { kind: 'goodbye' },
  signal: { kind: 'signal', sealed: bytesOf(1) },
  'snapshot request': { kind: 'snapshot-request', ...between, chunk: 0 },
  'snapshot chunk': { kind: 'snapshot-chunk', ...between, chunk: 3, isLast: true, bytes: bytesOf(4, 5) },
  'snapshot gone': { kind: 'snapshot-gone', ...between },
  'shard request': { kind: 'shard-request', to: idOf('b2'), configurationNumber: 5, shard: range, chunk: 2 },
  'shard chunk': { kind: 'shard-chunk', from: idOf('b1'), shard: range, chunk: 2, isLast: false, bytes: bytesOf(6) },
  'request to put': request({ kind: 'command', command }),
  'request to delete': request({
    kind: 'command',
    command: { ...command, operation: { kind: 'delete', key: put.key } },
  }),
  'request to put on a condition': request({
    kind: 'command',
    command: { ...command, operation: { ...put, condition: { versionstamp } } },
  }),
  'request to append an element on a condition': request({
    kind: 'command',
    command: {
      ...command,
      operation: { ...put, kind: 'append-element', condition: { versionstamp: undefined } },
    },
  }),
  'request to read': request({ kind: 'read', slot: asSlot(1), shardEpoch: 2, key: bytesOf(5) }),
  'request to list': request({
    kind: 'list',
    shards: [range],
    from: bytesOf(1),
    to: bytesOf(2, 0),
    isReversed: true,
    limit: 7,
  }),
  'request to watch': request({ kind: 'watch', ranges, from: bytesOf(1), to: bytesOf(2, 0), limit: 7, waits: true }),
  'request to watch all keys': request({
    kind: 'watch',
    ranges,
    from: undefined,
    to: undefined,
    limit: 1,
    waits: false,
  }),
  'request to prepare': request({ kind: 'command', command: { ...command, operation: prepare } }),
  'request to commit': request({ kind: 'command', command: { ...command, operation: commit } }),
  'request to lock a range': request(lockRange),
  'request to release a range': request({ kind: 'release-range', lock: idOf('e7') }),
  'request to resolve': request({ ...settle, step: 'resolve' }),
  'request to a machine': request({
    kind: 'command',
    command: { ...command, operation: { ...machine, condition: { versionstamp } } },
  }),
  'request to read a machine': request({
    kind: 'machine-read',
    slot: asSlot(1),
    shardEpoch: 2,
    key: bytesOf(5),
    machine: 'tickets',
    question: bytesOf(0x30),
  }),
  'request to open a session': request({ kind: 'open-session' }),
  'request for a configuration': request({ kind: 'query', number: 3 }),
  'request for the latest configuration': request({ kind: 'query', number: undefined }),
  'request to join': administer({ kind: 'join', participants }),
  'request to leave': administer({ kind: 'leave', radiants: [idOf('a1'), idOf('a2')] }),
  'request to move': administer({ kind: 'move', slot: asSlot(0), to: idOf('b2') }),
  'request to fracture': administer({ kind: 'fracture', slot: asSlot(8_192) }),
  'request to fracture at 0': administer({ kind: 'fracture', slot: asSlot(0) }),
  'request to consolidate': administer({ kind: 'consolidate', slot: asSlot(8_192) }),
  'report of an install': administer({ kind: 'installed', order: idOf('b2'), shard: range }),
  'reply written': reply({ kind: 'written', versionstamp, existed: true }),
  'reply of a machine to a command': reply({ kind: 'written', versionstamp, existed: true, reply: bytesOf(0x30) }),
  'reply of a machine to a question': reply({ kind: 'machine-reply', reply: bytesOf(0x30) }),
  'reply conflict': reply({ kind: 'conflict', current: { value: bytesOf(1), versionstamp, expiresInMs: 900 } }),
  'reply conflict, missing': reply({ kind: 'conflict', current: undefined }),
  'reply value': reply({ kind: 'value', value: bytesOf(1, 2), versionstamp }),
  'reply value that expires': reply({ kind: 'value', value: bytesOf(1), versionstamp, expiresInMs: 900 }),
  'reply missing': reply({ kind: 'missing' }),
  'reply page': reply({
    kind: 'page',
    entries: [
      { key: bytesOf(1), value: bytesOf(2), versionstamp },
      { key: bytesOf(2), value: bytesOf(2), versionstamp, expiresInMs: 900 },
    ],
    next: bytesOf(1, 0),
    revision: large,
    index: asLogIndex(8),
  }),
  'reply last page': reply({ kind: 'page', entries: [], next: undefined, revision: 0, index: asLogIndex(9) }),
  'reply committed': reply({ kind: 'transacted', result: 'committed', conflicts: [] }),
  'reply with conflicts': reply({ kind: 'transacted', result: 'conflict', conflicts: [0, 200] }),
  'reply range locked': reply({ kind: 'range-locked', index: asLogIndex(large) }),
  'reply range released': reply({ kind: 'range-released', index: asLogIndex(7) }),
  'reply range gone': reply({ kind: 'range-released', index: undefined }),
  'reply settled': reply({ kind: 'settled', isCommitted: true }),
  'reply changes': reply({
    kind: 'changes',
    changes: [
      { type: 'put', key: bytesOf(1), value: bytesOf(2), versionstamp, position: changePosition },
      { type: 'delete', key: bytesOf(1), value: bytesOf(), versionstamp, position: changePosition },
      { type: 'expire', key: bytesOf(1), value: bytesOf(), versionstamp, position: changePosition },
    ],
    ranges,
    isLost: false,
  }),
  'reply lost': reply({ kind: 'changes', changes: [], ranges: [], isLost: true }),
  'reply session opened': reply({ kind: 'session-opened' }),
  'reply configuration': reply({ kind: 'configuration', configuration }),
  'reply refusal': reply({
    kind: 'refusal',
    code: 'NOT_HERALD',
    message: 'Ask another radiant – später.',
    herald: idOf('a2'),
    withoutEffect: true,
  }),
};
const frameOf = (body: Body, urgent = false): Frame => ({
  cluster: idOf('c1'),
  sender: idOf('a1'),
  senderBoot: idOf('f1'),
  receiver: idOf('a2'),
  receiverBoot: idOf('f2'),
  group: idOf('b1'),
  hopLimit: 3,
  urgent,
  body,
});
const bareFrame: Frame = {
  ...frameOf({ kind: 'goodbye' }, true),
  cluster: undefined,
  receiverBoot: undefined,
  group: undefined,
  hopLimit: 0,
};
export const FRAMES: Readonly<Record<string, Frame>> = {
  ...Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, frameOf(body)])),
  'urgent, without cluster, boot and group': bareFrame,
};
