/** Takes up this device's identities, makes new ones and retires lost ones. */
import type { Database, Storage, WriteBatch } from '../storage/contract.ts';
import type { Scheduler } from '../transport/scheduler.ts';
import { ShardbearerError } from '../wire/errors.ts';
import type { BootId, RadiantId } from '../wire/identifiers.ts';
import type { DeviceRegistry, KnownIdentity } from './device-registry.ts';
import { errorCodeOf } from './error-record.ts';
import { type Arrival, candidates, patienceOf } from './identity-choice.ts';
import { type HeldLock, type Locks, radiantLock } from './locks.ts';

/** An identity whose lock this worker holds, with its database open. */
export interface HeldIdentity {
  readonly radiant: RadiantId;
  readonly database: Database;
  readonly lock: HeldLock;
}

interface KeeperParts {
  readonly locks: Locks;
  readonly storage: Storage;
  readonly registry: DeviceRegistry;
  readonly scheduler: Scheduler;
  readonly newRadiantId: () => RadiantId;
  readonly newBootId: () => BootId;
}

const OF_WHOLE_DEVICE: ReadonlySet<unknown> = new Set(['STORAGE_TOO_NEW', 'STORAGE_HUNG']);

export class IdentityKeeper {
  readonly #parts: KeeperParts;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /**
   * The identity of a new tab: a free one of this device, else a new one.
   * @throws {ShardbearerError} `STORAGE_TOO_NEW`; `STORAGE_HUNG`; or what `create` throws
   */
  async takeUp(room: string, arrival: Arrival): Promise<HeldIdentity> {
    const known = await this.#parts.registry.identities(room);
    const inOrder = candidates(known, arrival.former);
    for (const radiant of inOrder) {
      const held = await this.#holdFree(radiant);
      if (held !== undefined) return held;
    }
    const patienceMs = patienceOf(arrival, await this.#isCrowded(inOrder));
    return (await this.#waitForOne(inOrder, patienceMs)) ?? this.create(room, []);
  }

  /**
   * Makes a new identity. Its database is there before anyone hears of it.
   * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_FULL` or `STORAGE_FAILED`
   */
  async create(room: string, firstRecords: WriteBatch): Promise<HeldIdentity> {
    const { locks, registry, storage, newBootId } = this.#parts;
    const radiant = this.#parts.newRadiantId();
    const lock = await locks.hold(radiantLock(radiant));
    try {
      const device = await registry.deviceId();
      // Registered first: a database that is lost later is noticed, one that nobody knew of would not be.
      await registry.addIdentity(radiant, room);
      const database = await storage.create({ radiant, device, boot: newBootId() }, firstRecords);
      return { radiant, database, lock };
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Takes one identity up if it is free, and its disk answers. One whose data is lost is retired. */
  async tryHold(radiant: RadiantId): Promise<HeldIdentity | undefined> {
    try {
      return await this.#holdFree(radiant);
    } catch (error) {
      if (errorCodeOf(error) !== 'STORAGE_HUNG') throw error;
      return undefined;
    }
  }

  async #holdFree(radiant: RadiantId): Promise<HeldIdentity | undefined> {
    const lock = await this.#parts.locks.tryHold(radiantLock(radiant));
    return lock === undefined ? undefined : this.#open(radiant, lock);
  }

  /** Takes the database of a held identity up again, under a new boot id. */
  reopen(radiant: RadiantId): Promise<Database> {
    return this.#parts.storage.reopen(radiant, this.#parts.newBootId());
  }

  known(room: string): Promise<readonly KnownIdentity[]> {
    return this.#parts.registry.identities(room);
  }

  /** Others rest on this identity from now on: a living tab adopts it when its own tab is gone. */
  markVoter(radiant: RadiantId): Promise<void> {
    return this.#parts.registry.markVoter(radiant);
  }

  /** Nothing rests on this identity any more. */
  unmarkVoter(radiant: RadiantId): Promise<void> {
    return this.#parts.registry.unmarkVoter(radiant);
  }

  /** Forgets an identity for good: it never votes again (design, rule 2). */
  async retire(radiant: RadiantId): Promise<void> {
    await this.#parts.registry.retireIdentity(radiant);
    await this.#parts.storage.remove(radiant);
  }

  async #open(radiant: RadiantId, lock: HeldLock): Promise<HeldIdentity | undefined> {
    try {
      return { radiant, database: await this.reopen(radiant), lock };
    } catch (error) {
      if (errorCodeOf(error) === 'STORAGE_LOST') await this.retire(radiant);
      lock.release();
      // Every other identity of this device would meet the same.
      if (OF_WHOLE_DEVICE.has(errorCodeOf(error)) || !(error instanceof ShardbearerError)) throw error;
      return undefined;
    }
  }

  /** Whether some tab runs several of these. */
  async #isCrowded(radiants: readonly RadiantId[]): Promise<boolean> {
    const { holders } = await this.#parts.locks.table();
    const runners = radiants.flatMap((radiant) => holders.get(radiantLock(radiant)) ?? []);
    return new Set(runners).size < runners.length;
  }

  /** A tab that is just closing frees its identity a moment later; one that adopted some leaves one to who waits. */
  async #waitForOne(radiants: readonly RadiantId[], patienceMs: number): Promise<HeldIdentity | undefined> {
    if (radiants.length === 0) return undefined;
    const { locks, scheduler } = this.#parts;
    const patience = new AbortController();
    const timer = scheduler.after(patienceMs, () => patience.abort());
    const attempts = radiants.map(async (radiant) => ({
      radiant,
      lock: await locks.hold(radiantLock(radiant), patience.signal),
    }));
    const first = await Promise.any(attempts).catch(() => undefined);
    timer.cancel();
    patience.abort();
    for (const attempt of attempts) {
      // Two may have become free at once: only one is for this tab.
      void attempt.then(
        (won) => {
          if (won !== first) won.lock.release();
        },
        () => undefined,
      );
    }
    return first === undefined ? undefined : this.#open(first.radiant, first.lock);
  }
}
