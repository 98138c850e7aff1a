import type { WriteBatch } from '../../../storage/contract.ts';
import type { BootId, OrderId, ReplicaId } from '../../../wire/identifiers.ts';
import { changesIn, type GroupChanges } from '../group-changes.ts';
import { ReplicaRecord } from './replica-record.ts';

/** State that the checkers keep of one radiant boot as a replica of one order. */
export interface Part {
  /** Records that were issued to the disk. */
  readonly issued: ReplicaRecord;
  readonly flushed: ReplicaRecord;
  applied: number;
  committed: number;
  /** The term in which the replica led after its previous event. Undefined: the replica did not lead. */
  leading: number | undefined;
  /** Index of the snapshot that the replica requested last. */
  fetching: number | undefined;
}

export class Parts {
  readonly #ofBoot = new Map<BootId, Map<OrderId, Part>>();

  /** Registers a boot with the records that it found on its disk. */
  begin(boot: BootId, found: WriteBatch): void {
    this.#ofBoot.set(boot, new Map(changesIn(found).map((changes) => [changes.order, partWith(changes)])));
  }

  end(boot: BootId): void {
    this.#ofBoot.delete(boot);
  }

  /** By order: the parts of a boot. Undefined: the boot does not run. */
  of(boot: BootId): ReadonlyMap<OrderId, Part> | undefined {
    return this.#ofBoot.get(boot);
  }

  /** The part of a boot in an order. A missing part is created with empty records. */
  in(boot: BootId, order: OrderId): Part {
    const parts = this.#ofBoot.get(boot) ?? new Map<OrderId, Part>();
    this.#ofBoot.set(boot, parts);
    const part = parts.get(order) ?? partWith(undefined);
    parts.set(order, part);
    return part;
  }

  *inOrder(order: OrderId): Generator<Part> {
    for (const parts of this.#ofBoot.values()) {
      const part = parts.get(order);
      if (part !== undefined) yield part;
    }
  }

  leaderOf(order: OrderId, replica: ReplicaId, term: number): Part | undefined {
    for (const parts of this.#ofBoot.values()) {
      const part = parts.get(order);
      if (part?.leading === term && part.issued.replica === replica) return part;
    }
    return undefined;
  }
}

function partWith(found: GroupChanges | undefined): Part {
  const [issued, flushed] = [new ReplicaRecord(), new ReplicaRecord()];
  if (found !== undefined) for (const record of [issued, flushed]) record.load(found);
  return { issued, flushed, applied: flushed.base, committed: 0, leading: undefined, fetching: undefined };
}
