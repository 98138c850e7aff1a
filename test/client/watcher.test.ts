/** Watches over orders whose shards move, with replicas that lag behind. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ListedPage, SlotRange } from '../../src/client/contract.ts';
import { within } from '../../src/client/slot-ranges.ts';
import { Watcher, type WatchEvent, type WatchRequest } from '../../src/client/watcher.ts';
import type { StateMachine } from '../../src/store/contract.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { Changes, WatchedChange } from '../../src/wire/frames/frame.ts';
import { asLogIndex, asSlot, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { extent } from '../extent.ts';
import { bytesOf, Scribe } from '../store/scribe.ts';
import { move, shardOf } from '../store/steering.ts';

const PIECES = 6;
const PIECE_SLOTS = Math.ceil(SLOT_COUNT / PIECES);
const KEYS = Array.from({ length: 12 }, (_, at) => `key ${at}`);
const ALL = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1) };
const text = new TextDecoder();

function pieceOf(number: number): SlotRange {
  const first = number * PIECE_SLOTS;
  return { first: asSlot(first), last: asSlot(Math.min(first + PIECE_SLOTS, SLOT_COUNT) - 1) };
}

/** Orders that serve six pieces of the ring. Questions about changes go to replicas that may lag behind. */
class Orders {
  readonly #orders = [0, 1, 2].map((order) => new Scribe({ shards: pieces(order) }));
  readonly #owners = Array.from({ length: PIECES }, (_, piece) => ({ order: piece % 3, epoch: 1 }));
  #replicas: readonly StateMachine[] = [];
  /** By key, the versions and values that the key had. */
  readonly truth = new Map<string, string[]>();
  #writes = 0;

  constructor() {
    for (const order of this.#orders) order.open('ann');
    this.catchUp();
  }

  /** Lets the replicas apply everything. Until the next call they lag behind. */
  catchUp(): void {
    this.#replicas = this.#orders.map(({ store }) => store.clone());
  }

  write(key: string, isDelete: boolean): void {
    const { order, epoch } = this.#ownerOf(key);
    this.#writes += 1;
    const options = { shardEpoch: epoch, finishedThrough: this.#writes - 1 };
    const scribe = this.#orders[order];
    const result = isDelete
      ? scribe?.delete('ann', this.#writes, key, options)
      : scribe?.put('ann', this.#writes, key, `${this.#writes}`, options);
    if (result?.kind !== 'written') throw new Error(JSON.stringify(result));
    if (isDelete && !result.existed) return;
    const seen = this.truth.get(key) ?? [];
    this.truth.set(key, [...seen, isDelete ? 'deleted' : `${this.#writes}`]);
  }

  move(piece: number, to: number): void {
    const owner = this.#owners[piece];
    const [from, target] = [this.#orders[owner?.order ?? 0], this.#orders[to]];
    if (owner === undefined || owner.order === to || from === undefined || target === undefined) return;
    const { first, last } = pieceOf(piece);
    move(from, target, shardOf(first, last, owner.epoch + 1));
    this.#owners[piece] = { order: to, epoch: owner.epoch + 1 };
  }

  get partition(): readonly (readonly SlotRange[])[] {
    return [0, 1, 2].map((order) => {
      return this.#owners.flatMap((owner, piece) => (owner.order === order ? [pieceOf(piece)] : []));
    });
  }

  /** Answers a request, or lets it fail if the order or the replica cannot answer. */
  answer(watcher: Watcher, request: WatchRequest): boolean {
    const { call } = request;
    const ranges = call.kind === 'list' ? call.slots : call.ranges;
    const [order = 0] = this.#owners.flatMap((owner, piece) => {
      return within(ranges.slice(0, 1), [pieceOf(piece)]).length > 0 ? [owner.order] : [];
    });
    const held = this.#owners.flatMap((owner, piece) => {
      return owner.order === order ? [{ ...pieceOf(piece), epoch: owner.epoch }] : [];
    });
    if (call.kind === 'list') {
      const { slots, ...list } = call;
      const covered = held.flatMap((shard) =>
        within(slots, [shard]).map((range) => ({ ...range, epoch: shard.epoch })),
      );
      const page = this.#orders[order]?.store.read({ ...list, shards: covered, limit: 2 });
      if (page?.kind !== 'page') throw new Error(page?.kind);
      watcher.answered(request, { ...page, covered });
      return true;
    }
    const answer = this.#replicas[order]?.read({ ...call, ranges: within(call.ranges, held), limit: 2 });
    if (answer?.kind !== 'changes') watcher.failed(request, 0);
    else watcher.answered(request, answer);
    return answer?.kind === 'changes';
  }

  #ownerOf(key: string) {
    const owner = this.#owners[Math.floor(slotOfKey(bytesOf(key)) / PIECE_SLOTS)];
    if (owner === undefined) throw new Error('an owner');
    return owner;
  }
}

function pieces(order: number): readonly (readonly [number, number, number])[] {
  return Array.from({ length: PIECES }, (_, piece) => piece)
    .filter((piece) => piece % 3 === order)
    .map((piece) => [pieceOf(piece).first, pieceOf(piece).last, 1]);
}

/** An application that keeps what it saw of each key. */
class Viewer {
  readonly seen = new Map<string, string[]>();
  resyncs = 0;

  take(event: WatchEvent): void {
    if (event.kind === 'resync') {
      this.resyncs += 1;
      this.seen.clear();
      return;
    }
    const { key, value } = event.kind === 'entry' ? event.entry : event.change;
    const isRemoval = event.kind === 'change' && event.change.type !== 'put';
    const name = text.decode(key);
    this.seen.set(name, [...(this.seen.get(name) ?? []), isRemoval ? 'deleted' : text.decode(value)]);
  }
}

function finish(orders: Orders, watcher: Watcher, viewer: Viewer, pending: WatchRequest[]): void {
  orders.catchUp();
  let isQuiet = 0;
  for (let round = 0; isQuiet < 3; round++) {
    if (round > 2_000) throw new Error('the watch does not end');
    const before = JSON.stringify(watcher.positions);
    pending.push(...watcher.takeRequests(orders.partition));
    for (const request of pending.splice(0)) orders.answer(watcher, request);
    let taken = 0;
    for (let event = watcher.take(); event !== undefined; event = watcher.take()) {
      viewer.take(event);
      taken += 1;
    }
    isQuiet = taken === 0 && before !== undefined && before === JSON.stringify(watcher.positions) ? isQuiet + 1 : 0;
  }
}

type Step =
  | { readonly kind: 'write'; readonly key: string; readonly isDelete: boolean }
  | { readonly kind: 'move'; readonly piece: number; readonly to: number }
  | { readonly kind: 'ask' | 'catch-up' | 'take' | 'resume' }
  | { readonly kind: 'answer' | 'fail'; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      key: fc.constantFrom(...KEYS),
      isDelete: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), piece: fc.nat(PIECES - 1), to: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('ask' as const, 'take' as const, 'take' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('catch-up' as const, 'resume' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const), which: fc.nat(5) }) },
);

function perform(orders: Orders, watcher: Watcher, viewer: Viewer, pending: WatchRequest[], one: Step): Watcher {
  switch (one.kind) {
    case 'write':
      orders.write(one.key, one.isDelete);
      return watcher;
    case 'move':
      orders.move(one.piece, one.to);
      return watcher;
    case 'ask':
      pending.push(...watcher.takeRequests(orders.partition));
      return watcher;
    case 'catch-up':
      orders.catchUp();
      return watcher;
    case 'take': {
      const event = watcher.take();
      if (event !== undefined) viewer.take(event);
      return watcher;
    }
    case 'resume': {
      const { positions } = watcher;
      return positions === undefined
        ? watcher
        : new Watcher({ from: undefined, to: undefined, slots: [ALL] }, positions);
    }
    case 'answer':
    case 'fail': {
      const [request] = pending.splice(one.which % Math.max(pending.length, 1), 1);
      if (request !== undefined && one.kind === 'answer') orders.answer(watcher, request);
      else if (request !== undefined) watcher.failed(request, 0);
      return watcher;
    }
  }
}

test('a watch shows the current values and then every change once and in order per key, while shards move', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 150, size: 'max' }), (steps) => {
      const [orders, viewer, pending] = [new Orders(), new Viewer(), new Array<WatchRequest>()];
      for (const key of KEYS.slice(0, 8)) orders.write(key, false);
      let watcher = new Watcher({ from: undefined, to: undefined, slots: [ALL] });
      for (const one of steps) watcher = perform(orders, watcher, viewer, pending, one);
      finish(orders, watcher, viewer, pending);
      expect(viewer.resyncs).toBe(0);
      for (const [key, seen] of viewer.seen) {
        const truth = orders.truth.get(key) ?? [];
        expect(`${key}: ${truth.slice(-seen.length).join(' ')}`).toBe(`${key}: ${seen.join(' ')}`);
      }
      for (const [key, truth] of orders.truth) expect(viewer.seen.get(key)?.at(-1) ?? 'deleted').toBe(truth.at(-1));
    }),
    { numRuns: extent(60, 2_000) },
  );
});

test('a watch that falls behind the windows of all orders gets one resync and the current values', () => {
  const [orders, viewer, pending] = [new Orders(), new Viewer(), new Array<WatchRequest>()];
  const watcher = new Watcher({ from: undefined, to: undefined, slots: [ALL] });
  for (const key of KEYS) orders.write(key, false);
  finish(orders, watcher, viewer, pending);
  const count = 4 * LIMITS.watches.windowChanges;
  for (let written = 0; written < count; written++) orders.write(KEYS[written % KEYS.length] ?? '', false);
  orders.write('key 3', true);
  finish(orders, watcher, viewer, pending);
  expect(viewer.resyncs).toBe(1);
  expect([...viewer.seen.keys()].toSorted()).toEqual(KEYS.filter((key) => key !== 'key 3').toSorted());
  for (const [key, seen] of viewer.seen) expect(seen).toEqual([orders.truth.get(key)?.at(-1)]);
});

test('a watch has no position to continue from while a page is ahead of the changes that it has taken', () => {
  const watcher = new Watcher({ from: undefined, to: undefined, slots: [ALL] });
  const covered = [{ ...ALL, epoch: 1 }];
  const stamp = (revision: number) => ({ generation: 0, revision });
  const position = (index: number) => ({ epoch: 1, index: asLogIndex(index) });
  const change = (key: string, revision: number, index: number): WatchedChange => {
    return {
      type: 'put',
      key: bytesOf(key),
      value: NO_BYTES,
      versionstamp: stamp(revision),
      position: position(index),
    };
  };
  const answer = (answered: ListedPage | Changes): void => {
    for (const request of watcher.takeRequests([[ALL]])) watcher.answered(request, answered);
  };
  const page = (key: string, revision: number, index: number, next?: string): void => {
    const entries = [{ key: bytesOf(key), value: NO_BYTES, versionstamp: stamp(revision) }];
    const bound = next === undefined ? undefined : bytesOf(next);
    answer({ kind: 'page', entries, next: bound, revision: 0, index: asLogIndex(index), covered });
  };
  page('a', 1, 5, 'b');
  watcher.take();
  answer({ kind: 'changes', changes: [], ranges: [{ ...ALL, position: position(5) }], isLost: false });
  page('b', 2, 9);
  watcher.take();
  const changes = [change('a', 3, 7), change('b', 2, 8), change('a', 4, 10)];
  answer({ kind: 'changes', changes, ranges: [{ ...ALL, position: position(10) }], isLost: false });
  expect(watcher.positions).toBe(undefined);
  expect(watcher.take()).toMatchObject({ change: { versionstamp: { revision: 3 } } });
  expect(watcher.positions).toBe(undefined);
  expect(watcher.take()).toMatchObject({ change: { versionstamp: { revision: 4 } } });
  expect(watcher.positions).toEqual([{ ...ALL, position: position(10) }]);
});

test('slots that an answer does not cover are asked for alone until an order serves them', () => {
  const position = { epoch: 1, index: asLogIndex(5) };
  const watcher = new Watcher({ from: undefined, to: undefined, slots: [ALL] }, [{ ...ALL, position }]);
  const [served, moving] = [pieceOf(0), { first: asSlot(PIECE_SLOTS), last: ALL.last }];
  const askedSlots = (requests: readonly WatchRequest[]) => {
    return requests.map(({ call }) => (call.kind === 'watch' ? call.ranges : call.slots).map(({ first }) => first));
  };
  const answer = (request: WatchRequest | undefined, ...ranges: readonly SlotRange[]): void => {
    if (request === undefined) throw new Error('a request');
    const reached = ranges.map((range) => ({ ...range, position: { epoch: 1, index: asLogIndex(6) } }));
    watcher.answered(request, { kind: 'changes', changes: [], ranges: reached, isLost: false });
  };
  const [whole] = watcher.takeRequests([[ALL]]);
  answer(whole, served);
  const divided = watcher.takeRequests([[ALL]]);
  expect(divided).toHaveLength(2);
  expect(new Set(askedSlots(divided).flat())).toEqual(new Set([served.first, moving.first]));
  const alone = divided.find(({ call }) => call.kind === 'watch' && call.ranges[0]?.first === moving.first);
  answer(alone, moving);
  expect(askedSlots(watcher.takeRequests([[ALL]]))).toEqual([[served.first]]);
});

const NO_BYTES = new Uint8Array(0);
