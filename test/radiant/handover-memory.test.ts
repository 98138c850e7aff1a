/**
 * A herald bounds the memory for pieces of moving shards by their bytes, so that large pieces cannot exceed the bound.
 */
import { expect, test } from 'vitest';
import { ChunkCursor } from '../../src/radiant/replica/chunk-cursor.ts';
import { ShardSender } from '../../src/radiant/handover/shard-sender.ts';
import { ShardReceiver } from '../../src/radiant/handover/shard-receiver.ts';
import { ShardProposals } from '../../src/radiant/handover/shard-proposals.ts';
import type { ConsensusStatus } from '../../src/consensus/contract.ts';
import type { HeldShard, ShardKeeper } from '../../src/store/contract.ts';
import type { Configuration, ShardRange } from '../../src/wire/configuration/configuration.ts';
import type { ShardBody } from '../../src/wire/frames/frame.ts';
import {
  asLogIndex,
  asSlot,
  idFromBytes,
  type OrderId,
  type RadiantId,
  type RandomId,
} from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';

const id = <Id extends RandomId>(number: number): Id => idFromBytes<Id>(new Uint8Array(16).fill(number));
const [A, B, HERALD] = [id<OrderId>(1), id<OrderId>(2), id<RadiantId>(3)];
const PIECES = 12;
const piece = (number: number): Uint8Array => new Uint8Array(LIMITS.messages.valueBytes).fill(number);

const shards = (count: number): readonly ShardRange[] =>
  Array.from({ length: count }, (_, at) => ({ first: asSlot(at * 10), last: asSlot(at * 10 + 9), epoch: 2 }));

function gistOf(body: ShardBody | undefined): unknown {
  if (body?.kind !== 'shard-chunk') return body;
  const { kind, chunk, isLast, bytes } = body;
  return { kind, chunk, isLast, content: bytes[0] };
}

/** A log in which no proposal commits. */
function silentLog(isLogFull: boolean): ShardProposals {
  const status: ConsensusStatus = {
    role: 'leader',
    term: 1,
    leader: undefined,
    committed: asLogIndex(0),
    lastIndex: asLogIndex(0),
    membership: { voters: [], learners: [] },
    outgoingVoters: [],
  };
  return new ShardProposals(
    {
      consensus: { status: () => status },
      state: { applied: asLogIndex(0) },
      propose: () => ({ kind: 'accepted', index: asLogIndex(9) }),
    },
    { nowMs: 0, times: TIMES },
    () => !isLogFull,
  );
}

function senderOf(moving: readonly ShardRange[], sent: ShardBody[]): ShardSender {
  const keeper: ShardKeeper = {
    held: () => moving.map((shard): HeldShard => ({ ...shard, shardState: { kind: 'frozen', to: B } })),
    serves: () => false,
    *pieces() {
      for (let number = 0; number < PIECES; number++) yield piece(number);
    },
    check: () => undefined,
  };
  const order = { firstVoters: [], firstShards: [], members: { number: 1, voters: [], learners: [] } };
  const configuration: Configuration = {
    cluster: id(9),
    generation: 0,
    number: 1,
    algorithm: 'raft',
    stateMachine: 'key-value',
    replicationFactor: 1,
    wantedOrders: undefined,
    bondsmith: { id: id(8), firstVoters: [], firstShards: [] },
    orders: [{ id: B, ...order, shards: moving.map((shard) => ({ ...shard, source: A })), isDissolving: false }],
  };
  return new ShardSender(
    { order: A, state: { shards: keeper } },
    {
      clock: { nowMs: 0, times: TIMES },
      configuration: () => configuration,
      sendShard: (_to, _order, body) => sent.push(body),
    },
    silentLog(false),
    { isAcknowledged: () => true },
  );
}

test('a sender of many large shards keeps a bounded number of bytes of pieces and makes lost pieces again', () => {
  const moving = shards(LIMITS.handover.shardsGiven);
  const sent: ShardBody[] = [];
  const sender = senderOf(moving, sent);
  const asker = { radiant: HERALD, boot: undefined };
  let most = 0;
  for (let chunk = 0; chunk < PIECES; chunk++) {
    for (const shard of moving) {
      sender.hear(asker, { kind: 'shard-request', to: B, configurationNumber: 1, shard, chunk });
      most = Math.max(most, sender.keptBytes);
    }
  }
  // The latest piece of each shard is kept in addition to the bound.
  expect(most).toBeLessThanOrEqual(
    LIMITS.handover.shardsGivenBytes + LIMITS.handover.shardsGiven * LIMITS.messages.valueBytes,
  );
  expect(sent).toHaveLength(PIECES * moving.length);
  const [shard] = moving;
  if (shard === undefined) throw new Error('there are some');
  sender.hear(asker, { kind: 'shard-request', to: B, configurationNumber: 1, shard, chunk: 3 });
  expect(gistOf(sent.at(-1))).toEqual({ kind: 'shard-chunk', chunk: 3, isLast: false, content: 3 });
});

test('a receiver of many shards drops pieces that come too early and requests them again', () => {
  const moving = shards(LIMITS.handover.shardsAtOnce);
  const asked: ShardBody[] = [];
  const clock = { nowMs: 0, times: TIMES };
  const keeper: ShardKeeper = { held: () => [], serves: () => false, pieces: () => [], check: () => undefined };
  const receiver = new ShardReceiver(
    { order: B, state: { shards: keeper } },
    {
      clock,
      configuration: () => undefined,
      heraldOf: () => HERALD,
      read: (reading) => reading(),
      sendShard: (_to, _order, body) => asked.push(body),
    },
    silentLog(true),
  );
  const coming = moving.map((shard) => ({ shard, from: A, chunks: 0 }));
  receiver.tick(coming);
  // The log is full, so the receiver keeps the pieces that arrive.
  let most = 0;
  for (let round = 0; round < 4; round++) {
    for (const request of asked.splice(0)) {
      if (request.kind !== 'shard-request') continue;
      const { shard, chunk } = request;
      receiver.hear({ kind: 'shard-chunk', from: A, shard, chunk, isLast: false, bytes: piece(chunk) });
      most = Math.max(most, receiver.waitingBytes);
    }
    clock.nowMs += 10_000;
    receiver.tick(coming);
  }
  expect(most).toBe(LIMITS.handover.shardsComingBytes);
  expect(asked).toHaveLength(moving.length);
});

test('a cursor that has forgotten a piece reads it again from the beginning', () => {
  const cursor = new ChunkCursor(() => [piece(0), piece(1), piece(2)]);
  for (const number of [0, 1, 2]) cursor.read(number, 1);
  expect(cursor.keptBytes).toBe(3 * LIMITS.messages.valueBytes);
  expect([cursor.forgetOldest(), cursor.forgetOldest(), cursor.forgetOldest()]).toEqual([true, true, false]);
  expect(cursor.keptBytes).toBe(LIMITS.messages.valueBytes);
  expect(cursor.read(0, 1)?.bytes[0]).toBe(0);
  expect(cursor.keptBytes).toBe(LIMITS.messages.valueBytes);
});
