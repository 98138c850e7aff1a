/**
 * The shards of one order, computed from its decided entries (design, rule 10). It is written independently of the
 * product, so that a bug in the product does not hide here too.
 */
import type { HeldShard } from '../../../store/contract.ts';
import type { ShardEntry } from '../../../wire/entries/command.ts';
import type { ShardRange } from '../../../wire/configuration/configuration.ts';
import { asSlot, type Slot } from '../../../wire/identifiers.ts';

/** The effect of an entry on the order's shards. */
export type LedgerChange =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'frozen'; readonly shard: ShardRange }
  | { readonly kind: 'arriving'; readonly shard: ShardRange }
  | { readonly kind: 'arrived'; readonly shard: ShardRange }
  | { readonly kind: 'discarded'; readonly shard: ShardRange }
  | { readonly kind: 'consolidated'; readonly shard: ShardRange };

interface Step {
  /** Index of the log entry that made this step. 0: the creation record of the order made it. */
  readonly index: number;
  /** The shards that the order holds, in slot order. */
  readonly held: readonly HeldShard[];
}

const NOTHING: LedgerChange = { kind: 'nothing' };

export class ShardLedger {
  readonly #steps: Step[];

  constructor(firstShards: readonly ShardRange[]) {
    const held = firstShards.map((shard): HeldShard => ({ ...rangeOf(shard), shardState: { kind: 'active' } }));
    this.#steps = [{ index: 0, held: sorted(held) }];
  }

  get latest(): readonly HeldShard[] {
    return this.#stepAt(this.#steps.length - 1).held;
  }

  /** State after all entries up to `index` are applied. */
  at(index: number): readonly HeldShard[] {
    return this.#stepAt(this.#placeOf(index)).held;
  }

  /** Whether the shards change between the indexes `from` and `to`. */
  changes(from: number, to: number): boolean {
    return this.#placeOf(from) !== this.#placeOf(to);
  }

  /** Whether the order serves the slot at any time while its applied index goes from `from` to `to`. */
  isServed(slot: Slot, from: number, to: number): boolean {
    const steps = this.#steps.slice(this.#placeOf(from), this.#placeOf(to) + 1);
    return steps.some(({ held }) => epochOf(held, slot) !== undefined);
  }

  /** The epoch at which the latest state serves the slot. Undefined: the order does not serve it. */
  epochOf(slot: Slot): number | undefined {
    return epochOf(this.latest, slot);
  }

  /** Applies the next decided entry. Calls must follow the order of the log. */
  decide(index: number, entry: ShardEntry): LedgerChange {
    const { shard } = entry;
    switch (entry.kind) {
      case 'freeze':
        if (!this.#isServedBelow(shard)) return NOTHING;
        this.#put(index, { ...rangeOf(shard), shardState: { kind: 'frozen', to: entry.to } });
        return { kind: 'frozen', shard };
      case 'install':
        return this.#install(index, entry);
      case 'discard': {
        const held = this.latest.find((known) => isSame(known, shard) && known.shardState.kind === 'frozen');
        if (held === undefined) return NOTHING;
        this.#step(index, without(this.latest, shard));
        return { kind: 'discarded', shard };
      }
      case 'consolidate':
        if (!this.#isServedBelow(shard)) return NOTHING;
        this.#put(index, { ...rangeOf(shard), shardState: { kind: 'active' } });
        return { kind: 'consolidated', shard };
    }
  }

  #install(index: number, { shard, from, chunk, isLast }: Extract<ShardEntry, { kind: 'install' }>): LedgerChange {
    const coming = this.latest.find(
      (known) => isSame(known, shard) && known.shardState.kind === 'incoming' && known.shardState.from === from,
    );
    const chunks = coming?.shardState.kind === 'incoming' ? coming.shardState.chunks : 0;
    if (chunk !== chunks || (coming === undefined && this.#isInTheWay(shard))) return NOTHING;
    const shardState = isLast
      ? ({ kind: 'active' } as const)
      : ({ kind: 'incoming', from, chunks: chunks + 1 } as const);
    // Older shards in the same range are dropped. The sending order has taken their slots over from this order before.
    const others = this.latest.filter((known) => !overlaps(known, shard));
    this.#step(index, sorted([...others, { ...rangeOf(shard), shardState }]));
    return { kind: isLast ? 'arrived' : 'arriving', shard };
  }

  /**
   * Whether the order serves a part of the range, or holds one at the arriving shard's epoch or later. The arriving
   * shard must not replace such a part.
   */
  #isInTheWay(shard: ShardRange): boolean {
    return this.latest.some(
      (known) => overlaps(known, shard) && (known.shardState.kind === 'active' || known.epoch >= shard.epoch),
    );
  }

  /** Whether the order serves all slots of the range at lower epochs than the shard's. */
  #isServedBelow(shard: ShardRange): boolean {
    let next: number = shard.first;
    for (const { first, last, epoch, shardState } of this.latest) {
      if (last < next || first > next) continue;
      if (shardState.kind !== 'active' || epoch >= shard.epoch) return false;
      next = last + 1;
      if (next > shard.last) return true;
    }
    return false;
  }

  #put(index: number, held: HeldShard): void {
    this.#step(index, sorted([...without(this.latest, held), held]));
  }

  #step(index: number, held: readonly HeldShard[]): void {
    this.#steps.push({ index, held });
  }

  #placeOf(index: number): number {
    let place = this.#steps.length - 1;
    while (place > 0 && this.#stepAt(place).index > index) place--;
    return place;
  }

  #stepAt(place: number): Step {
    const step = this.#steps[place];
    if (step === undefined) throw new RangeError(`there is no step ${place}`);
    return step;
  }
}

/** A text that is equal for equal slots, epochs and states, however they are divided into shards. */
export function describeHeld(held: readonly HeldShard[]): string {
  const lines: { first: number; last: number; rest: string }[] = [];
  for (const { first, last, epoch, shardState } of sorted(held)) {
    const rest = `epoch ${epoch} ${Object.values(shardState).join(' ')}`;
    const before = lines.at(-1);
    if (before?.rest === rest && before.last + 1 === first) before.last = last;
    else lines.push({ first, last, rest });
  }
  return lines.map(({ first, last, rest }) => `${first}..${last} ${rest}`).join(', ');
}

export function describeShard({ first, last, epoch }: ShardRange): string {
  return `${first}..${last} of epoch ${epoch}`;
}

function epochOf(held: readonly HeldShard[], slot: Slot): number | undefined {
  return held.find(({ first, last, shardState }) => shardState.kind === 'active' && first <= slot && slot <= last)
    ?.epoch;
}

/** The held shards without the slots of the given range. A shard that overlaps the range is cut. */
function without(held: readonly HeldShard[], { first, last }: ShardRange): readonly HeldShard[] {
  return held.flatMap((known) => {
    const parts: HeldShard[] = [];
    if (known.first < first) parts.push({ ...known, last: asSlot(Math.min(known.last, first - 1)) });
    if (known.last > last) parts.push({ ...known, first: asSlot(Math.max(known.first, last + 1)) });
    return parts;
  });
}

function rangeOf({ first, last, epoch }: ShardRange): ShardRange {
  return { first, last, epoch };
}

function overlaps(one: ShardRange, other: ShardRange): boolean {
  return one.first <= other.last && other.first <= one.last;
}

function isSame(one: ShardRange, other: ShardRange): boolean {
  return one.first === other.first && one.last === other.last && one.epoch === other.epoch;
}

function sorted(held: readonly HeldShard[]): readonly HeldShard[] {
  return held.toSorted((left, right) => left.first - right.first);
}
