/**
 * Orders of three tabs each, with configurations that the test makes by hand: shards move as it says. Tabs a, b and c
 * form the first one, and serve all; d, e and f the second.
 */
import type { HeldShard, StateMachineStatistics } from '../../src/store/contract.ts';
import { slotOfKey } from '../../src/store/slot.ts';
import type { Configuration, Order, Shard } from '../../src/wire/configuration/configuration.ts';
import type { OrderId } from '../../src/wire/identifiers.ts';
import { asSlot, parseId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LAST_SLOT, ScriptedWorld, shard } from './scripted-world.ts';
import { bytes, type Tab, type WorldOptions } from './small-world.ts';

export const FIRST = ['a', 'b', 'c'] as const;
export const SECOND = ['d', 'e', 'f'] as const;
export const THIRD = ['g', 'h', 'i'] as const;
/** How often the one who decides looks whether a shard has arrived. */
const LOOK_MS = 10;

export interface Range {
  readonly first: number;
  readonly last: number;
}

/** What moves. */
export const LOWER: Range = { first: 0, last: SLOT_COUNT / 2 - 1 };
/** What stays. */
export const UPPER: Range = { first: SLOT_COUNT / 2, last: LAST_SLOT };

export class HandMadeOrders {
  readonly world: ScriptedWorld;
  readonly first: OrderId;
  readonly second: OrderId;
  /** All of them. */
  readonly orders: readonly OrderId[];
  /** The names of all tabs. */
  readonly #everyone: readonly string[];
  #confirmedMs = 0;

  /** @param members of each order */
  constructor(seed = 1, options: WorldOptions = {}, members: readonly (readonly string[])[] = [FIRST, SECOND]) {
    this.world = new ScriptedWorld(seed, options, members);
    this.orders = this.world.configuration.orders.map(({ id }) => id);
    [this.first = NO_ORDER, this.second = NO_ORDER] = this.orders;
    this.#everyone = [...this.world.tabs.keys()];
    this.world.until(() => this.orders.every((order) => this.herald(order) !== undefined));
    this.world.run(500);
  }

  /** The latest. */
  get configuration(): Configuration {
    return this.world.configuration;
  }

  /** The tab that leads an order of those that live: of two, the later one. */
  herald(order: OrderId): Tab | undefined {
    const terms = [...this.world.tabs.values()].flatMap((tab) => {
      const replica = tab.alive ? tab.radiant.replicas().find((own) => own.order === order)?.replica : undefined;
      return replica?.role === 'leader' ? [{ tab, term: replica.term }] : [];
    });
    return terms.sort((one, other) => other.term - one.term)[0]?.tab;
  }

  nameOfHerald(order: OrderId): string {
    return this.herald(order)?.name ?? 'none';
  }

  /** The slots of the range belong to another order from now on. @param among who learns of it at once */
  move(range: Range, to: OrderId, among: readonly string[] = this.#everyone): void {
    this.moveAll([range], to, among);
  }

  /** The same for many, each a shard of its own; what the configuration says of the others stays. */
  moveAll(ranges: readonly Range[], to: OrderId, among: readonly string[] = this.#everyone): void {
    const owners = ranges.map(({ first, last }) => {
      const [from, epoch] = this.#ownerOf(first);
      return shard(first, last, epoch + 1, from);
    });
    const rest = ({ shards }: Order) =>
      ranges.reduce((left, range) => left.flatMap((one) => without(one, range)), shards);
    this.configure((order) => (order.id === to ? [...rest(order), ...owners] : rest(order)), among);
  }

  /** The shards of the range are one from now on. */
  merge({ first, last }: Range, epoch: number): void {
    const [owner] = this.#ownerOf(first);
    this.configure(({ id, shards }) => {
      const rest = shards.flatMap((one) => without(one, { first, last }));
      return id === owner ? [...rest, shard(first, last, epoch)] : rest;
    });
  }

  /** What a bondsmith does: it takes an order's word that a shard has arrived. @returns whether there was one */
  confirm(): boolean {
    if (this.world.nowMs - this.#confirmedMs < LOOK_MS) return false;
    this.#confirmedMs = this.world.nowMs;
    this.world.teachLate();
    const arrived = this.#everyone.flatMap((name) => {
      const { alive, radiant } = this.world.tab(name);
      const moves = alive ? radiant.view().orders.flatMap(({ replica }) => replica?.moves ?? []) : [];
      return moves.filter(({ stage }) => stage === 'arrived').map((move) => move.shard);
    });
    if (arrived.length === 0) return false;
    this.configure(({ shards }) =>
      shards.map((one) => {
        const isHere = arrived.some(({ first, epoch }) => first === one.first && epoch === one.epoch);
        return isHere ? { ...one, source: undefined } : one;
      }),
    );
    return true;
  }

  /** The next configuration. @param among who learns of it at once; the others hear it from them */
  configure(shardsOf: (order: Order) => readonly Shard[], among: readonly string[] = this.#everyone): void {
    this.world.decide(
      ({ orders }) => ({ orders: orders.map((order) => ({ ...order, shards: shardsOf(order) })) }),
      among,
    );
  }

  /** What a tab's replica of its order holds of the ring. */
  held(name: string): readonly HeldShard[] {
    const { radiant } = this.world.tab(name);
    return radiant.replicas().flatMap(({ order }) => radiant.shards(order) ?? []);
  }

  /** How much a tab's replica of its order holds. */
  statistics(name: string): StateMachineStatistics | undefined {
    const { radiant } = this.world.tab(name);
    return radiant.replicas().flatMap(({ order }) => radiant.statistics(order) ?? [])[0];
  }

  /** How the herald of an order holds a slot; undefined: not at all. */
  shardStateOf(order: OrderId, slot: number): string | undefined {
    const herald = this.herald(order);
    if (herald === undefined) return undefined;
    return this.held(herald.name).find(({ first, last }) => first <= slot && slot <= last)?.shardState.kind;
  }

  /** Confirms what arrives until nothing moves any more, and every replica has forgotten what is elsewhere. */
  settle(patienceMs = 60_000): void {
    this.world.until(() => {
      this.confirm();
      return this.isSettled();
    }, patienceMs);
  }

  isSettled(): boolean {
    const isOnItsWay = this.configuration.orders.some(({ shards }) =>
      shards.some(({ source }) => source !== undefined),
    );
    const living = this.#everyone.filter((name) => this.world.tab(name).alive);
    return (
      !isOnItsWay && living.every((name) => this.held(name).every(({ shardState }) => shardState.kind === 'active'))
    );
  }

  kill(...names: readonly string[]): void {
    for (const name of names) this.world.kill(name);
  }

  reopen(...names: readonly string[]): void {
    for (const name of names) {
      this.world.reopen(name);
      for (const other of this.world.tabs.values())
        if (other.alive && other.name !== name) this.world.link(name, other.name);
    }
  }

  #ownerOf(slot: number): readonly [OrderId | undefined, number] {
    for (const { id, shards } of this.configuration.orders) {
      const found = shards.find(({ first, last }) => first <= slot && slot <= last);
      if (found !== undefined) return [id, found.epoch];
    }
    return [undefined, 0];
  }
}

const NO_ORDER = parseId<OrderId>('0'.repeat(32));

/** Keys that lie in the range, each with the same words before. */
export function keysIn({ first, last }: Range, count: number, words = 'key'): readonly string[] {
  const keys: string[] = [];
  for (let number = 0; keys.length < count; number++) {
    const key = `${words} ${number}`;
    const slot = slotOfKey(bytes(key));
    if (first <= slot && slot <= last) keys.push(key);
  }
  return keys;
}

/** What remains of a shard beside the range. */
function without(one: Shard, { first, last }: Range): readonly Shard[] {
  if (one.last < first || last < one.first) return [one];
  const parts: Shard[] = [];
  if (one.first < first) parts.push({ ...one, last: asSlot(first - 1) });
  if (last < one.last) parts.push({ ...one, first: asSlot(last + 1) });
  return parts;
}
