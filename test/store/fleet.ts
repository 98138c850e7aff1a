/** A few orders that move shards by a common configuration. Each order has a store and a plain model. */
import { expect } from 'vitest';
import type { KeyValueStore } from '../../src/store/key-value-store.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Command, MachineEntry, Operation, ShardEntry } from '../../src/wire/entries/command.ts';
import type { ShardRange } from '../../src/wire/configuration/configuration.ts';
import {
  asLogIndex,
  asSequenceNumber,
  asSlot,
  type ClientId,
  type OrderId,
  parseId,
} from '../../src/wire/identifiers.ts';
import { decodeStateChunk } from '../../src/wire/records/state-chunk-codec.ts';
import { isActive, OrderInFleet, repacked, valueOf } from './fleet-order.ts';
import type { FleetStep, TransitionStep } from './fleet-steps.ts';
import { FleetTruth } from './fleet-truth.ts';
import type { MovingModel } from './moving-model.ts';
import { bytesOf, clientNamed } from './scribe.ts';
import { KEYS, shardOf, ZONES, zoneOfKey } from './zones.ts';

export const ORDERS = 3;
const ORDER_IDS = Array.from({ length: ORDERS }, (_, at) => parseId<OrderId>(String(at + 1).repeat(32)));

interface ZoneOwner {
  order: number;
  epoch: number;
  /** The transition under way. Undefined: none is under way. */
  transition: Transition | undefined;
}

interface Transition {
  readonly shard: ShardRange;
  readonly from: number;
  readonly to: number;
  chunk: number;
  isComplete: boolean;
  isOver: boolean;
}

interface Placed {
  readonly client: ClientId;
  readonly session: Session;
  readonly key: string;
  readonly sequence: number;
  readonly operation: Operation;
}

interface Session {
  readonly client: ClientId;
  latest: number;
  finishedThrough: number;
}

interface Watermark {
  /** The session in the model. A session that expires and arrives with a shard in the same entry is a new object. */
  readonly session: object | undefined;
  readonly finishedThrough: number;
}

export class Fleet {
  readonly #orders = [[0, 1, 2], [3, 4, 5], []].map((zones) => new OrderInFleet(zones));
  readonly #owners: ZoneOwner[] = ZONES.map((_, zone) => ({
    order: zone < 3 ? 0 : 1,
    epoch: 1,
    transition: undefined,
  }));
  readonly #transitions: Transition[] = [];
  readonly #sessions = new Map<string, Session>();
  readonly #placed: Placed[] = [];
  readonly #entries: { readonly order: number; readonly entry: ShardEntry; readonly source: number | undefined }[] = [];
  readonly #truth = new FleetTruth();
  readonly #watermarks = ORDER_IDS.map(() => new Map<ClientId, Watermark>());
  /** Orders that have changed since the last check. */
  readonly #touched = new Set<number>();
  /** Stores that `clone` steps left behind. They must not change. */
  readonly #left: { readonly store: KeyValueStore; readonly digest: string; readonly pieces: readonly Uint8Array[] }[] =
    [];

  take(step: FleetStep): void {
    switch (step.kind) {
      case 'issue':
        return this.#issue(step);
      case 'retry':
        return this.#retry(step.which);
      case 'stray':
        return this.#stray(step.which, step.order, step.epochsBack);
      case 'finish':
        return this.#finish(step.which);
      case 'open':
        return this.#open(this.#session(step.client, step.order), step.order);
      case 'move':
        return this.#move(step.first, step.last, step.to);
      case 'consolidate':
        return this.#consolidate(step.first, step.last);
      case 'advance':
        return this.#advance(
          latest(
            this.#transitions.filter(({ isOver }) => !isOver || step.action !== 'next'),
            step.which,
          ),
          step.action,
        );
      case 'replay':
        return this.#replay(step.which);
      case 'restart':
        return this.#order(step.order).restart();
      case 'clone':
        return this.#clone(step.order, step.goesOn);
      case 'wait':
        this.#order(step.order).logTimeMs += step.elapsedMs;
        return;
    }
  }

  /** Checks the invariants of all orders that changed. */
  check(): void {
    for (const [zone, owner] of this.#owners.entries()) {
      const active = this.#orders.filter(({ store }) => isActive(store, zone));
      const isRight = active.length === 1 ? active[0] === this.#orders[owner.order] : owner.transition !== undefined;
      if (active.length > 1 || (owner.transition === undefined && !isRight))
        expect.fail(`zone ${zone} has another owner`);
    }
    for (const at of this.#touched) {
      const { store, model } = this.#order(at);
      for (const key of KEYS) this.#checkRead(store, model, key);
      this.#checkWatermarks(at, store, model);
    }
    this.#touched.clear();
  }

  /** Completes all transitions. Checks that nothing was lost and that no frozen data remains. */
  finish(): void {
    for (const transition of this.#transitions) {
      for (const action of ['freeze', 'install', 'complete', 'discard'] as const) {
        this.#advance(transition, action, Infinity);
      }
    }
    this.check();
    for (const order of this.#orders) order.restart();
    this.check();
    let keys = 0;
    for (const [zone, { order, epoch }] of this.#owners.entries()) {
      const values = this.#truth.valuesOf(zone);
      keys += values.size;
      for (const key of KEYS.filter((one) => zoneOfKey(one) === zone)) {
        expect(valueOf(this.#order(order).store, key, epoch)).toBe(values.get(key));
      }
    }
    expect(this.#orders.reduce((sum, { store }) => sum + store.statistics().keys, 0)).toBe(keys);
    for (const { store, digest, pieces } of this.#left) {
      expect(store.digest()).toBe(digest);
      expect([...store.chunks()]).toEqual(pieces);
    }
  }

  #order(at: number): OrderInFleet {
    const order = this.#orders[at];
    assert(order !== undefined, 'steps name orders that there are');
    return order;
  }

  #owner(zone: number): ZoneOwner {
    const owner = this.#owners[zone];
    assert(owner !== undefined, 'steps name zones that there are');
    return owner;
  }

  #session(client: number, order: number): Session {
    const name = `${client}@${order}`;
    const session = this.#sessions.get(name) ?? { client: clientNamed(name), latest: 0, finishedThrough: 0 };
    this.#sessions.set(name, session);
    return session;
  }

  #issue({ client, key, operation: kind, ordersAstray }: Extract<FleetStep, { kind: 'issue' }>): void {
    const order = (this.#owner(zoneOfKey(key)).order + ordersAstray) % ORDERS;
    const session = this.#session(client, order);
    if (session.latest === 0) this.#open(session, order);
    session.latest++;
    const sequence = session.latest;
    const value = bytesOf(`${client}@${order}:${sequence};`);
    const operation: Operation = kind === 'delete' ? { kind, key: bytesOf(key) } : { kind, key: bytesOf(key), value };
    this.#placed.push({ client: session.client, session, key, sequence, operation });
    this.#retry(0);
  }

  #retry(which: number): void {
    const placed = latest(this.#placed, which);
    if (placed === undefined) return;
    const { order, epoch } = this.#owner(zoneOfKey(placed.key));
    this.#send(placed, order, epoch);
  }

  #stray(which: number, order: number, epochsBack: number): void {
    const placed = latest(this.#placed, which);
    if (placed === undefined) return;
    this.#send(placed, order, Math.max(1, this.#owner(zoneOfKey(placed.key)).epoch - epochsBack));
  }

  #send({ client, session, key, sequence, operation }: Placed, order: number, shardEpoch: number): void {
    const zone = zoneOfKey(key);
    const command: Command = {
      sequence: asSequenceNumber(sequence),
      finishedThrough: asSequenceNumber(session.finishedThrough),
      slot: asSlot(ZONES[zone]?.slot ?? 0),
      shardEpoch,
      operation,
    };
    const result = this.#apply(order, { kind: 'command', logTimeMs: this.#order(order).logTimeMs, client, command });
    this.#truth.take({ client, sequence, key, operation, order, shardEpoch }, result);
  }

  #finish(which: number): void {
    const placed = latest(this.#placed, which);
    if (placed === undefined) return;
    placed.session.finishedThrough = Math.max(placed.session.finishedThrough, placed.sequence);
  }

  #open({ client }: Session, order: number): void {
    this.#apply(order, { kind: 'open-session', logTimeMs: this.#order(order).logTimeMs, client });
  }

  #move(one: number, other: number, to: number): void {
    const [first, last] = one < other ? [one, other] : [other, one];
    const owners = this.#owners.slice(first, last + 1);
    const from = owners[0]?.order ?? to;
    if (from === to || owners.some(({ order, transition }) => order !== from || transition !== undefined)) return;
    const epoch = Math.max(...owners.map((owner) => owner.epoch)) + 1;
    const transition: Transition = {
      shard: shardOf(first, last, epoch),
      from,
      to,
      chunk: 0,
      isComplete: false,
      isOver: false,
    };
    this.#transitions.push(transition);
    for (const owner of owners) Object.assign(owner, { order: to, epoch, transition });
  }

  #consolidate(one: number, other: number): void {
    const [first, last] = one < other ? [one, other] : [other, one];
    const owners = this.#owners.slice(first, last + 1);
    const order = owners[0]?.order ?? 0;
    if (owners.some((owner) => owner.order !== order || owner.transition !== undefined)) return;
    const epoch = Math.max(...owners.map((owner) => owner.epoch)) + 1;
    for (const owner of owners) owner.epoch = epoch;
    this.#steer(order, { kind: 'consolidate', logTimeMs: 0, shard: shardOf(first, last, epoch) });
  }

  #advance(transition: Transition | undefined, action: TransitionStep, times = 1): void {
    if (transition === undefined) return;
    const { shard, from, to } = transition;
    const logTimeMs = 0;
    if (action === 'next') this.#advance(transition, this.#nextOf(transition));
    else if (action === 'freeze') {
      if (!transition.isComplete) this.#steer(from, { kind: 'freeze', logTimeMs, shard, to: this.#id(to) });
    } else if (action === 'install') {
      for (let time = 0; time < times; time++) if (!this.#installNext(transition)) return;
    } else if (action === 'complete') {
      if (transition.isComplete || !this.#order(to).store.shards.serves(shard)) return;
      transition.isComplete = true;
      for (const owner of this.#owners) if (owner.transition === transition) owner.transition = undefined;
    } else if (transition.isComplete) {
      transition.isOver = true;
      this.#steer(from, { kind: 'discard', logTimeMs, shard });
    }
  }

  #nextOf({ shard, from, to, isComplete }: Transition): TransitionStep {
    if (isComplete) return 'discard';
    if (this.#order(to).store.shards.serves(shard)) return 'complete';
    return this.#order(from).store.shards.pieces(shard) === undefined ? 'freeze' : 'install';
  }

  #installNext(transition: Transition): boolean {
    const { shard, from, to, chunk } = transition;
    if (transition.isComplete) return false;
    const pieces = repacked(this.#order(from).store.shards.pieces(shard) ?? []);
    const bytes = pieces[chunk];
    if (bytes === undefined) return false;
    const isLast = chunk === pieces.length - 1;
    this.#steer(to, { kind: 'install', logTimeMs: 0, shard, from: this.#id(from), chunk, isLast, bytes }, from);
    transition.chunk++;
    return true;
  }

  #replay(which: number): void {
    const again = latest(this.#entries, which);
    if (again !== undefined) this.#steer(again.order, again.entry, again.source);
  }

  #steer(order: number, entry: ShardEntry, source?: number): void {
    this.#entries.push({ order, entry, source });
    this.#apply(order, { ...entry, logTimeMs: this.#order(order).logTimeMs }, source);
  }

  #apply(order: number, entry: MachineEntry, source?: number) {
    const target = this.#order(order);
    target.index++;
    this.#touched.add(order);
    const result = target.store.apply(entry, asLogIndex(target.index));
    const from = source === undefined ? undefined : this.#order(source).model;
    expect(result).toMatchObject(target.model.apply(entry, from));
    return result;
  }

  #clone(order: number, goesOn: 'original' | 'copy'): void {
    const target = this.#order(order);
    const copy = target.store.clone();
    const left = goesOn === 'copy' ? target.store : copy;
    if (goesOn === 'copy') target.store = copy;
    this.#left.push({ store: left, digest: left.digest(), pieces: [...left.chunks()] });
  }

  #id(order: number): OrderId {
    const id = ORDER_IDS[order];
    assert(id !== undefined, 'steps name orders that there are');
    return id;
  }

  #checkRead(store: KeyValueStore, model: MovingModel, key: string): void {
    const zone = zoneOfKey(key);
    const { epoch } = this.#owner(zone);
    const state = model.zones[zone];
    const isServed = state?.kind === 'active' && state.epoch === epoch;
    const expected = isServed ? state.data.values.get(key) : 'WRONG_SHARD';
    if (valueOf(store, key, epoch) !== expected) expect(valueOf(store, key, epoch)).toBe(expected);
  }

  #checkWatermarks(at: number, store: KeyValueStore, model: MovingModel): void {
    const before = this.#watermarks[at];
    const now = new Map<ClientId, Watermark>();
    for (const piece of store.chunks()) {
      for (const item of decodeStateChunk(piece)) {
        if (item.kind !== 'session') continue;
        now.set(item.client, { session: model.sessions.get(item.client), finishedThrough: item.finishedThrough });
      }
    }
    for (const [client, { session, finishedThrough }] of now) {
      const old = before?.get(client);
      if (old === undefined || old.session !== session) continue;
      if (finishedThrough < old.finishedThrough) expect.fail('a watermark goes back');
    }
    this.#watermarks[at] = now;
  }
}

/** The item at an index that counts back from the latest item, cyclically. Undefined: the list is empty. */
function latest<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[items.length - 1 - (which % items.length)];
}
