/** Generators of all wire messages, for property tests of all modules. */
import fc from 'fast-check';
import type {
  Command,
  Condition,
  Entry,
  KeyWrite,
  Operation,
  TransactionPart,
  Versionstamp,
} from '../../src/wire/entries/command.ts';
import type {
  Configuration,
  ConfigurationChange,
  Order,
  OrderMember,
  ShardRange,
} from '../../src/wire/configuration/configuration.ts';
import { ERROR_CODES, type ErrorCode } from '../../src/wire/errors.ts';
import type {
  Administration,
  Answer,
  Body,
  Frame,
  MemberList,
  Membership,
  Position,
  Presence,
  Question,
  Reply,
  Request,
  SeenReplica,
  ShardBody,
  SnapshotBody,
  WatchedChange,
} from '../../src/wire/frames/frame.ts';
import type { Greeting, GreetingAnswer } from '../../src/wire/links/greeting.ts';
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
  hexFromBytes,
  type OrderId,
  parseId,
  type RadiantId,
  SLOT_COUNT,
} from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';

type AnyId = BootId & ClientId & ClusterId & DeviceId & OrderId & RadiantId;

export const bytes = (minLength = 0, maxLength = 64) => fc.uint8Array({ minLength, maxLength });
export const id = bytes(16, 16).map((octets) => parseId<AnyId>(hexFromBytes(octets)));
export const count = fc.maxSafeNat();
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
export const slot = fc.nat(SLOT_COUNT - 1).map(asSlot);
export const replica = positive.map(asReplicaId);
const name = fc.string({ minLength: 1, maxLength: LIMITS.messages.nameCharacters });
const errorCode = fc.constantFrom(...Object.keys(ERROR_CODES)).filter((code): code is ErrorCode => code in ERROR_CODES);
const orAbsent = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

export const key = bytes(1, 40);
export const versionstamp: fc.Arbitrary<Versionstamp> = fc.record({ generation: count, revision: count });
const remaining = orAbsent(fc.integer({ min: 1, max: LIMITS.expiry.longestMs }));
const condition: fc.Arbitrary<Condition | undefined> = orAbsent(fc.record({ versionstamp: orAbsent(versionstamp) }));
export const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), key, value: bytes(), condition, expiresInMs: remaining }),
  fc.record({ kind: fc.constant('append' as const), key, value: bytes(), condition }),
  fc.record({ kind: fc.constant('append-element' as const), key, value: bytes(), condition }),
  fc.record({ kind: fc.constant('delete' as const), key, condition }),
  fc.record({ kind: fc.constant('machine' as const), machine: name, key, value: bytes(), condition }),
);
const plainCommand: fc.Arbitrary<Command<Operation>> = fc.record({
  sequence: positive.map(asSequenceNumber),
  finishedThrough: count.map(asSequenceNumber),
  slot,
  shardEpoch: count,
  operation,
});
export const transaction = fc.record({ client: id, sequence: positive.map(asSequenceNumber) });
export const keyWrite: fc.Arbitrary<KeyWrite> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('put' as const, 'append' as const, 'append-element' as const),
    key,
    value: bytes(),
  }),
  fc.record({ kind: fc.constant('delete' as const), key }),
);
const part: fc.Arbitrary<TransactionPart> = fc.record({
  slot,
  shardEpoch: count,
  revision: orAbsent(count),
  checks: fc.array(fc.record({ key, versionstamp: orAbsent(versionstamp) }), { maxLength: 3 }),
  writes: fc.uniqueArray(keyWrite, { maxLength: 3, selector: ({ key: written }) => String(written) }),
});
const parts = fc.uniqueArray(part, { minLength: 2, maxLength: 4, selector: ({ slot: of }) => of });
/** A command of a transaction. The last part is that of a prepared slot, or of the home. */
const transactionCommand: fc.Arbitrary<Command> = fc
  .record({ plain: plainCommand, transaction, parts, isPrepare: fc.boolean() })
  .map(({ plain, transaction: of, parts: [first, second, ...more], isPrepare }) => {
    if (first === undefined || second === undefined) throw new Error('two parts at least');
    const operation = isPrepare
      ? { kind: 'prepare' as const, transaction: of, home: second.slot, part: first }
      : { kind: 'commit' as const, parts: [first, ...more], participants: [second.slot] };
    return { ...plain, slot: first.slot, operation };
  });
export const command: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: plainCommand, weight: 3 },
  { arbitrary: transactionCommand, weight: 1 },
);
const range = fc
  .record({ first: slot, more: fc.nat(100), epoch: count })
  .map(({ first, more, epoch }) => ({ first, last: asSlot(Math.min(first + more, SLOT_COUNT - 1)), epoch }));
const lockRange = fc.record({
  kind: fc.constant('lock-range' as const),
  lock: id,
  shards: fc.array(range, { minLength: 1, maxLength: 3 }),
  from: orAbsent(bytes(1)),
  to: orAbsent(bytes(1)),
});
const releaseRange = fc.record({ kind: fc.constant('release-range' as const), lock: id });
const settle = fc.record({
  kind: fc.constant('settle' as const),
  step: fc.constantFrom('commit' as const, 'abort' as const, 'resolve' as const, 'forget' as const),
  slot,
  shardEpoch: count,
  transaction,
});
const participants = fc.uniqueArray(fc.record({ radiant: id, device: id }), {
  minLength: 1,
  maxLength: 9,
  selector: ({ radiant }) => radiant,
});
/** Members of an order. Some of the radiants are voters, and the others are learners. */
const members = fc
  .record({ number: positive, all: participants, voters: fc.integer({ min: 1, max: 9 }) })
  .map(({ number, all, voters }) => ({ number, voters: all.slice(0, voters), learners: all.slice(voters) }));
const position: fc.Arbitrary<Position> = fc.record({ voteEpoch: count, index: count, committedIndex: count });
const membership: fc.Arbitrary<Membership> = fc.record({
  group: id,
  replica,
  atStart: position,
  now: position,
  role: fc.constantFrom('follower', 'candidate', 'leader', 'learner'),
  leader: orAbsent(replica),
});
const memberList: fc.Arbitrary<MemberList> = fc
  .record({
    group: id,
    index: count.map(asLogIndex),
    nextReplica: replica,
    all: fc.uniqueArray(
      fc.record({
        radiant: id,
        device: id,
        voter: fc.boolean(),
        outgoing: fc.boolean(),
        learner: fc.boolean(),
        wanted: fc.boolean(),
      }),
      { maxLength: 5, selector: ({ radiant }) => radiant },
    ),
  })
  .map(({ all, nextReplica, ...list }) => ({
    ...list,
    nextReplica: asReplicaId(Math.max(nextReplica, all.length + 1)),
    members: all.map((member, at) => ({ ...member, replica: asReplicaId(at + 1) })),
  }));
export const seenReplica: fc.Arbitrary<SeenReplica> = fc.record({
  group: id,
  replica,
  boot: id,
  startCounter: count,
  position,
});
export const presence: fc.Arbitrary<Presence> = fc.record({
  device: id,
  durable: fc.boolean(),
  founder: fc.boolean(),
  diskFull: fc.boolean(),
  clientOnly: fc.boolean(),
  startCounter: count,
  configurationNumber: count,
  configurationDigest: name,
  memberships: fc.array(membership, { maxLength: 3 }),
  members: fc.array(memberList, { maxLength: 3 }),
  seen: fc.array(seenReplica, { maxLength: 3 }),
  neighbours: fc.array(id, { maxLength: 5 }),
  retired: fc.array(id, { maxLength: 3 }),
  absences: fc.array(fc.record({ radiant: id, forMs: count }), { maxLength: 3 }),
});

export const firstVoters: fc.Arbitrary<readonly OrderMember[]> = fc
  .array(fc.record({ radiant: id, device: id }), { minLength: 1, maxLength: 5 })
  .map((members) => members.map((member, at) => ({ ...member, replica: asReplicaId(at + 1) })))
  .filter((members) => new Set(members.map((member) => member.radiant)).size === members.length);
export const shards: fc.Arbitrary<readonly ShardRange[]> = fc
  .uniqueArray(fc.nat(SLOT_COUNT - 1), { maxLength: 6 })
  .map((bounds) => bounds.toSorted((left, right) => left - right))
  .map((bounds) =>
    bounds.flatMap((first, at) => {
      const next = bounds[at + 1];
      return next === undefined ? [] : [{ first: asSlot(first), last: asSlot(next - 1), epoch: at }];
    }),
  );
const order = fc.record({
  id,
  firstVoters,
  firstShards: shards,
  members,
  shards: fc
    .tuple(shards, fc.option(id, { nil: undefined }))
    .map(([ranges, source]) => ranges.map((range) => ({ ...range, source }))),
  isDissolving: fc.boolean(),
});
/** Orders with the members of `like`. The first order serves all shards, which move from the second. */
function manyOrders(ids: readonly AnyId[], like: Order): Order[] {
  return ids.map((own, at) => ({
    ...like,
    id: own,
    firstVoters: at === 0 ? like.firstVoters : like.firstVoters.toReversed(),
    shards: at === 0 ? like.shards.map((shard) => ({ ...shard, source: ids[1] })) : [],
  }));
}
export const change: fc.Arbitrary<ConfigurationChange> = fc
  .record({ orders: fc.array(order, { maxLength: 2 }), removed: fc.array(id, { maxLength: 2 }) })
  .filter(({ orders, removed }) => {
    const ids = [...orders.map((one) => one.id), ...removed];
    return new Set(ids).size === ids.length;
  });
export const configuration: fc.Arbitrary<Configuration> = fc.record({
  cluster: id,
  generation: count,
  number: positive,
  algorithm: name,
  stateMachine: name,
  replicationFactor: fc.integer({ min: 1, max: 7 }),
  wantedOrders: fc.option(fc.integer({ min: 1, max: LIMITS.configuration.orders }), { nil: undefined }),
  orders: fc.oneof(
    fc.constant([]),
    order.map((one) => [one]),
    fc.tuple(fc.uniqueArray(id, { minLength: 2, maxLength: 3 }), order).map(([ids, one]) => manyOrders(ids, one)),
  ),
  bondsmith: fc.record({ id, firstVoters, firstShards: fc.constant([]) }),
});

const requestId = fc.record({ client: id, clientBoot: id, number: positive.map(asRequestNumber) });
const administration: fc.Arbitrary<Administration> = fc.oneof(
  fc.record({ kind: fc.constant('join' as const), participants }),
  fc.record({ kind: fc.constant('leave' as const), radiants: fc.array(id, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('move' as const), slot, to: id }),
  fc.record({ kind: fc.constantFrom('fracture' as const, 'consolidate' as const), slot }),
  fc.record({ kind: fc.constant('installed' as const), order: id, shard: range }),
);
const piece = { shard: range, chunk: count, isLast: fc.boolean(), bytes: bytes(1) };
const shardBody: fc.Arbitrary<ShardBody> = fc.oneof(
  fc.record({
    kind: fc.constant('shard-request' as const),
    to: id,
    configurationNumber: count,
    shard: range,
    chunk: count,
  }),
  fc.record({ kind: fc.constant('shard-chunk' as const), from: id, ...piece }),
);
const orderEntry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ kind: fc.constant('companion' as const), logTimeMs: count, companion: orAbsent(replica) }),
  fc.record({ kind: fc.constant('freeze' as const), logTimeMs: count, shard: range, to: id }),
  fc.record({ kind: fc.constant('install' as const), logTimeMs: count, from: id, ...piece }),
  fc.record({ kind: fc.constantFrom('discard' as const, 'consolidate' as const), logTimeMs: count, shard: range }),
  fc.record({ kind: fc.constant('configure' as const), logTimeMs: count, term: count, base: count, change }),
  fc.record({ kind: fc.constant('expire' as const), logTimeMs: count }),
  fc
    .record({ logTimeMs: count, step: fc.oneof(settle, lockRange, releaseRange) })
    .map(({ logTimeMs, step }) => ({ ...step, logTimeMs })),
);
export const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ kind: fc.constant('command' as const), logTimeMs: count, client: id, command }),
  fc.record({ kind: fc.constant('open-session' as const), logTimeMs: count, client: id }),
  fc
    .record({ logTimeMs: count, target: members })
    .map(({ logTimeMs, target }) => ({ kind: 'members' as const, logTimeMs, ...target })),
  fc.record({ kind: fc.constant('members-reached' as const), logTimeMs: count, number: positive }),
  orderEntry,
);

const changePosition = fc.record({ epoch: count, index: count.map(asLogIndex) });
const watchedRange = fc.record({ range, position: changePosition }).map((one) => {
  return { first: one.range.first, last: one.range.last, position: one.position };
});
const changed = { key, versionstamp, position: changePosition };
const watchedChange: fc.Arbitrary<WatchedChange> = fc.oneof(
  fc.record({ ...changed, type: fc.constant('put' as const), value: bytes() }),
  fc.record({
    ...changed,
    type: fc.constantFrom('delete' as const, 'expire' as const),
    value: fc.constant(new Uint8Array(0)),
  }),
);

const question: fc.Arbitrary<Question> = fc.oneof(
  fc.record({ kind: fc.constant('command' as const), command }),
  fc.record({ kind: fc.constant('read' as const), slot, shardEpoch: count, key }),
  fc.record({
    kind: fc.constant('machine-read' as const),
    slot,
    shardEpoch: count,
    key,
    machine: name,
    question: bytes(),
  }),
  fc.record({
    kind: fc.constant('list' as const),
    shards: fc.array(range, { minLength: 1, maxLength: 3 }),
    from: orAbsent(bytes(1)),
    to: orAbsent(bytes(1)),
    isReversed: fc.boolean(),
    limit: fc.integer({ min: 1, max: LIMITS.lists.pageEntries }),
  }),
  fc.record({
    kind: fc.constant('watch' as const),
    ranges: watchedRange.map((one) => [one]),
    from: orAbsent(bytes(1)),
    to: orAbsent(bytes(1)),
    limit: fc.integer({ min: 1, max: LIMITS.watches.answerChanges }),
    waits: fc.boolean(),
  }),
  fc.constant({ kind: 'open-session' as const }),
  administration.map((asked) => ({ kind: 'administer' as const, administration: asked })),
  fc.record({ kind: fc.constant('query' as const), number: orAbsent(positive) }),
  settle,
  lockRange,
  releaseRange,
);
export const request: fc.Arbitrary<Request> = fc.record({ id: requestId, question });
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ kind: fc.constant('written' as const), versionstamp, existed: fc.boolean(), reply: orAbsent(bytes(1)) }),
  fc.record({ kind: fc.constant('machine-reply' as const), reply: bytes() }),
  fc.record({
    kind: fc.constant('conflict' as const),
    current: orAbsent(fc.record({ value: bytes(), versionstamp, expiresInMs: remaining })),
  }),
  fc.record({ kind: fc.constant('value' as const), value: bytes(), versionstamp, expiresInMs: remaining }),
  fc.constant({ kind: 'missing' as const }),
  fc.record({
    kind: fc.constant('page' as const),
    entries: fc.array(fc.record({ key, value: bytes(), versionstamp, expiresInMs: remaining }), { maxLength: 3 }),
    next: orAbsent(bytes(1)),
    revision: count,
    index: count.map(asLogIndex),
  }),
  fc.record({
    kind: fc.constant('changes' as const),
    changes: fc.array(watchedChange, { maxLength: 3 }),
    ranges: watchedRange.map((one) => [one]),
    isLost: fc.boolean(),
  }),
  fc.constant({ kind: 'session-opened' as const }),
  fc.record({
    kind: fc.constant('transacted' as const),
    result: fc.constantFrom('prepared' as const, 'committed' as const, 'conflict' as const, 'aborted' as const),
    conflicts: fc.array(fc.nat(255), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('settled' as const), isCommitted: fc.boolean() }),
  fc.record({ kind: fc.constant('range-locked' as const), index: count.map(asLogIndex) }),
  fc.record({ kind: fc.constant('range-released' as const), index: orAbsent(count.map(asLogIndex)) }),
  fc.record({ kind: fc.constant('configuration' as const), configuration }),
  fc.record({
    kind: fc.constant('refusal' as const),
    code: errorCode,
    message: fc.string(),
    herald: orAbsent(id),
    withoutEffect: fc.boolean(),
  }),
);
export const reply: fc.Arbitrary<Reply> = fc.record({ id: requestId, answer });

export const consensusBody = fc.record({
  kind: fc.constant('consensus' as const),
  from: replica,
  to: replica,
  flushed: position,
  message: bytes(),
});
const way = { from: replica, to: replica, index: positive.map(asLogIndex) };
const chunk = fc.nat(LIMITS.snapshots.snapshotChunks - 1);
export const snapshotBody: fc.Arbitrary<SnapshotBody> = fc.oneof(
  fc.record({ kind: fc.constant('snapshot-request' as const), ...way, chunk }),
  fc.record({ kind: fc.constant('snapshot-chunk' as const), ...way, chunk, isLast: fc.boolean(), bytes: bytes(1) }),
  fc.record({ kind: fc.constant('snapshot-gone' as const), ...way }),
);
export const body: fc.Arbitrary<Body> = fc.oneof(
  fc.record({ kind: fc.constant('presence' as const), presence }),
  fc.record({ kind: fc.constant('configuration' as const), configuration }),
  consensusBody,
  fc.record({ kind: fc.constant('request' as const), request }),
  fc.record({ kind: fc.constant('reply' as const), reply }),
  fc.constant({ kind: 'goodbye' as const }),
  fc.record({ kind: fc.constant('signal' as const), sealed: bytes(1) }),
  snapshotBody,
  shardBody,
);
export const frame: fc.Arbitrary<Frame> = fc.record({
  cluster: orAbsent(id),
  sender: id,
  senderBoot: id,
  receiver: id,
  receiverBoot: orAbsent(id),
  group: orAbsent(id),
  hopLimit: fc.nat(LIMITS.messages.hops),
  urgent: fc.boolean(),
  body,
});

export const greeting: fc.Arbitrary<Greeting> = fc
  .record({
    versionMinimum: fc.integer({ min: 1, max: 9 }),
    further: fc.nat(9),
    cluster: orAbsent(id),
    radiant: id,
    boot: id,
    build: fc.string({ maxLength: LIMITS.messages.nameCharacters }),
  })
  .map(({ further, ...rest }) => ({ ...rest, versionMaximum: rest.versionMinimum + further }));
export const greetingAnswer: fc.Arbitrary<GreetingAnswer> = fc.oneof(
  fc.record({ kind: fc.constant('accepted' as const), version: fc.integer({ min: 1, max: 99 }) }),
  fc.record({ kind: fc.constant('refused' as const), code: errorCode }),
);
