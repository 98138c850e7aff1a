/** Hand-made histories. Each breaks one promise about the owners of slots, and the checker must find the breach. */
import { expect, test } from 'vitest';
import { GivenAnswers } from '../../../src/sim/checkers/given-answers.ts';
import { Ownership } from '../../../src/sim/checkers/shards/ownership.ts';
import type { ObservedRadiant } from '../../../src/sim/world/observer.ts';
import type { HeldShard } from '../../../src/store/contract.ts';
import type { ShardEntry } from '../../../src/wire/entries/command.ts';
import type { Request, RequestId } from '../../../src/wire/frames/frame.ts';
import {
  asReplicaId,
  asRequestNumber,
  asSequenceNumber,
  asSlot,
  type BootId,
  type ClientId,
  idFromBytes,
  type OrderId,
  type RadiantId,
  type RandomId,
} from '../../../src/wire/identifiers.ts';

const id = <Id extends RandomId>(number: number): Id => idFromBytes<Id>(new Uint8Array(16).fill(number));
const [A, B] = [id<OrderId>(1), id<OrderId>(2)];
const shard = (first: number, last: number, epoch: number) => ({ first: asSlot(first), last: asSlot(last), epoch });
const LOW = shard(0, 99, 2);
const KEY = new Uint8Array([107]);

const freeze = (range = LOW): ShardEntry => ({ kind: 'freeze', logTimeMs: 0, shard: range, to: B });
const install = (chunk: number, isLast: boolean, content = chunk, range = LOW): ShardEntry => {
  return { kind: 'install', logTimeMs: 0, shard: range, from: A, chunk, isLast, bytes: new Uint8Array([content]) };
};
const discard = (range = LOW): ShardEntry => ({ kind: 'discard', logTimeMs: 0, shard: range });

class System {
  readonly ownership = new Ownership();
  readonly answers = new GivenAnswers([this.ownership]);
  readonly #indexes = new Map<OrderId, number>();

  constructor() {
    this.ownership.born(A, { id: A, firstVoters: [], firstShards: [shard(0, 16_383, 1)] });
    this.ownership.born(B, { id: B, firstVoters: [], firstShards: [] });
  }

  decide(order: OrderId, ...entries: readonly ShardEntry[]): this {
    for (const entry of entries) {
      const index = this.indexOf(order) + 1;
      this.#indexes.set(order, index);
      this.ownership.decided(order, index, entry);
    }
    return this;
  }

  indexOf(order: OrderId): number {
    return this.#indexes.get(order) ?? 0;
  }

  radiant(order: OrderId, applied: () => number, held?: readonly HeldShard[]): ObservedRadiant {
    const replica = { replica: asReplicaId(1), role: 'leader', term: 1, committed: 0 } as const;
    return {
      name: 'a radiant',
      radiant: id<RadiantId>(3),
      boot: id<BootId>(4),
      replicas: () => [{ order, replica: { ...replica, applied: applied() } }],
      digest: () => '',
      shards: () => held,
    };
  }
}

function read(number: number, slot: number): Request {
  const request: RequestId = { client: id<ClientId>(5), clientBoot: id<BootId>(6), number: asRequestNumber(number) };
  return { id: request, question: { kind: 'read', slot: asSlot(slot), shardEpoch: 1, key: KEY } };
}

test('a shard that moves to another order and back breaks no promise', () => {
  const back = shard(0, 99, 3);
  const system = new System().decide(A, freeze()).decide(B, install(0, false), install(1, true)).decide(A, discard());
  system.decide(B, { kind: 'freeze', logTimeMs: 0, shard: back, to: A });
  system.decide(A, { kind: 'install', logTimeMs: 0, shard: back, from: B, chunk: 0, isLast: true, bytes: KEY });
  expect(system.ownership.servedBy(A)).toBe(16_384);
  expect(system.ownership.isUnsettled([A, B])).toBe(true);
  system.decide(B, discard(back));
  expect(system.ownership.isUnsettled([A, B])).toBe(false);
});

test('a shard that is installed while its old owner serves it is reported as served twice', () => {
  expect(() => new System().decide(B, install(0, true))).toThrow('a slot is served by one order at a time');
});

test('chunks that are out of order or repeated have no effect', () => {
  const system = new System().decide(A, freeze()).decide(B, install(1, true), install(0, false), install(0, false));
  expect(system.ownership.servedBy(B)).toBe(0);
  system.decide(B, install(1, true));
  expect(system.ownership.servedBy(B)).toBe(100);
});

test('a frozen shard does not change', () => {
  const system = new System().decide(A, freeze()).decide(B, install(0, false, 7));
  expect(() => system.decide(B, install(0, false, 8))).toThrow('a frozen shard does not change');
});

test('a shard must not be discarded before its new owner holds all of it', () => {
  const system = new System().decide(A, freeze()).decide(B, install(0, false));
  expect(() => system.decide(A, discard())).toThrow('a discarded shard is held by its new owner');
});

test('an epoch that was served before is never served again', () => {
  const same = shard(0, 99, 1);
  const system = new System().decide(A, freeze());
  expect(() => system.decide(B, install(0, true, 0, same))).toThrow('epochs only grow');
});

test('a replica that differs from its log is reported', () => {
  const system = new System().decide(A, freeze());
  const radiant = system.radiant(A, () => 1, [{ ...shard(0, 16_383, 1), shardState: { kind: 'active' } }]);
  expect(() => system.ownership.handled(radiant)).toThrow('a replica holds what its log says');
});

test('a read of a frozen shard is answered only before the freeze is applied', () => {
  const system = new System();
  let applied = 0;
  const radiant = system.radiant(A, () => applied);
  const answer = (number: number, slot: number): void => {
    const request = read(number, slot);
    system.answers.asked(radiant, A, request);
    system.answers.replied(radiant, { id: request.id, answer: { kind: 'missing' } });
    system.ownership.handled(radiant);
  };
  answer(1, 7);
  system.decide(A, freeze());
  // The freeze is decided, but this replica has not applied it. Its answer was still true when the read was asked.
  answer(2, 7);
  applied = 1;
  answer(3, 7);
  answer(4, 100);
  expect(() => answer(5, 7)).toThrow('a read is answered by the order that owns the slot');
});

test('a write is acknowledged only where it is in the log of an order that owned the slot', () => {
  const system = new System().decide(A, freeze());
  const radiant = system.radiant(A, () => system.indexOf(A));
  const command = {
    sequence: asSequenceNumber(1),
    finishedThrough: asSequenceNumber(0),
    slot: asSlot(7),
    shardEpoch: 1,
    operation: { kind: 'delete', key: KEY },
  } as const;
  const request: Request = { id: read(1, 7).id, question: { kind: 'command', command } };
  const client = request.id.client;
  system.answers.asked(radiant, A, request);
  system.ownership.decided(A, 2, { kind: 'command', logTimeMs: 0, client, command });
  const versionstamp = { generation: 0, revision: 1 };
  system.answers.replied(radiant, { id: request.id, answer: { kind: 'written', versionstamp, existed: true } });
  expect(() => system.ownership.handled(radiant)).toThrow('a write is answered by the order that owned the slot');
});
