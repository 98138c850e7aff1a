/**
 * Orders of three tabs each, whose shards move only when the test decides so. Tabs a, b and c form the first order,
 * which serves every slot at first. Tabs d, e and f form the second.
 */
import type { HeldShard, StateMachineStatistics } from '../../src/store/contract.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { Configuration, Order, Shard } from '../../src/wire/configuration/configuration.ts';
import type { OrderId } from '../../src/wire/identifiers.ts';
import { asSlot, parseId, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { LAST_SLOT, ScriptedWorld, shard } from './scripted-world.ts';
import { bytes, type Tab, type WorldOptions } from './small-world.ts';

export const FIRST = ['a', 'b', 'c'] as const;
export const SECOND = ['d', 'e', 'f'] as const;
export const THIRD = ['g', 'h', 'i'] as const;
/** Time between two checks for shards that have arrived. */
const LOOK_MS = 10;

export interface Range {
  readonly first: number;
  readonly last: number;
}

/** The half of the ring that moves. */
export const LOWER: Range = { first: 0, last: SLOT_COUNT / 2 - 1 };
/** The half of the ring that stays. */
export const UPPER: Range = { first: SLOT_COUNT / 2, last: LAST_SLOT };

export class HandMadeOrders {
  readonly world: ScriptedWorld;
  readonly first: OrderId;
  readonly second: OrderId;
  readonly orders: readonly OrderId[];
  readonly #everyone: readonly string[];
  #confirmedMs = 0;

  /** @param members the names of the tabs in each order */
  constructor(seed = 1, options: WorldOptions = {}, members: readonly (readonly string[])[] = [FIRST, SECOND]) {
    this.world = new ScriptedWorld(seed, options, members);
    this.orders = this.world.configuration.orders.map(({ id }) => id);
    [this.first = NO_ORDER, this.second = NO_ORDER] = this.orders;
    this.#everyone = [...this.world.tabs.keys()];
    this.world.until(() => this.orders.every((order) => this.herald(order) !== undefined));
    this.world.run(500);
  }

  get configuration(): Configuration {
    return this.world.configuration;
  }

  /** The living tab that leads the order. If two tabs claim to lead, the tab with the later term. */
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

  /**
   * Moves the slots of the range to another order.
   * @param among names of the tabs that receive the configuration from the test
   */
  move(range: Range, to: OrderId, among: readonly string[] = this.#everyone): void {
    this.moveAll([range], to, among);
  }

  /** Moves several ranges, each as a shard of its own. Other shards are unchanged. */
  moveAll(ranges: readonly Range[], to: OrderId, among: readonly string[] = this.#everyone): void {
    const owners = ranges.map(({ first, last }) => {
      const [from, epoch] = this.#ownerOf(first);
      return shard(first, last, epoch + 1, from);
    });
    const rest = ({ shards }: Order) =>
      ranges.reduce((left, range) => left.flatMap((one) => without(one, range)), shards);
    this.configure((order) => (order.id === to ? [...rest(order), ...owners] : rest(order)), among);
  }

  merge({ first, last }: Range, epoch: number): void {
    const [owner] = this.#ownerOf(first);
    this.configure(({ id, shards }) => {
      const rest = shards.flatMap((one) => without(one, { first, last }));
      return id === owner ? [...rest, shard(first, last, epoch)] : rest;
    });
  }

  /** Confirms the shards whose arrival an order reports, as a bondsmith does. @returns whether a shard had arrived */
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

  /**
   * Decides on the shards of all orders.
   * @param among names of the tabs that receive the configuration from the test; they relay it to the others
   */
  configure(shardsOf: (order: Order) => readonly Shard[], among: readonly string[] = this.#everyone): void {
    this.world.decide(
      ({ orders }) => ({ orders: orders.map((order) => ({ ...order, shards: shardsOf(order) })) }),
      among,
    );
  }

  held(name: string): readonly HeldShard[] {
    const { radiant } = this.world.tab(name);
    return radiant.replicas().flatMap(({ order }) => radiant.shards(order) ?? []);
  }

  /** The number of keys and bytes in a tab's replica of its order. */
  statistics(name: string): StateMachineStatistics | undefined {
    const { radiant } = this.world.tab(name);
    return radiant.replicas().flatMap(({ order }) => radiant.statistics(order) ?? [])[0];
  }

  /** The state in which an order's herald holds a slot. Undefined: the herald does not hold the slot. */
  shardStateOf(order: OrderId, slot: number): string | undefined {
    const herald = this.herald(order);
    if (herald === undefined) return undefined;
    return this.held(herald.name).find(({ first, last }) => first <= slot && slot <= last)?.shardState.kind;
  }

  /** Confirms arrivals until no shard moves and every replica has discarded the shards of other orders. */
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

/** Keys in the range. All of them begin with `words`. */
export function keysIn({ first, last }: Range, count: number, words = 'key'): readonly string[] {
  const keys: string[] = [];
  for (let number = 0; keys.length < count; number++) {
    const key = `${words} ${number}`;
    const slot = slotOfKey(bytes(key));
    if (first <= slot && slot <= last) keys.push(key);
  }
  return keys;
}

/** The parts of a shard that lie outside of the range. */
function without(one: Shard, { first, last }: Range): readonly Shard[] {
  if (one.last < first || last < one.first) return [one];
  const parts: Shard[] = [];
  if (one.first < first) parts.push({ ...one, last: asSlot(first - 1) });
  if (last < one.last) parts.push({ ...one, first: asSlot(last + 1) });
  return parts;
}
