/** Opens, creates and retires the identities of this device. */
import type { Database, Storage, WriteBatch } from '../storage/contract.ts';
import type { Scheduler } from '../transport/scheduler.ts';
import { ShardbearerError } from '../wire/errors.ts';
import type { BootId, RadiantId } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';
import type { DeviceRegistry, KnownIdentity } from './device-registry.ts';
import { errorCodeOf } from './error-record.ts';
import { type Arrival, candidates, patienceOf } from './identity-choice.ts';
import { type HeldLock, type Locks, radiantLock } from './locks.ts';

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
  readonly times: Times;
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
   * Returns an identity for a new tab. Prefers a free identity of this device to a new one.
   * @throws {ShardbearerError} `STORAGE_TOO_NEW`; `STORAGE_HUNG`; the errors of `create`
   */
  async takeUp(room: string, arrival: Arrival): Promise<HeldIdentity> {
    const known = await this.#parts.registry.identities(room);
    const inOrder = candidates(known, arrival.former);
    for (const radiant of inOrder) {
      const held = await this.#holdFree(radiant);
      if (held !== undefined) return held;
    }
    const patienceMs = patienceOf(arrival, await this.#isCrowded(inOrder), this.#parts.times.host);
    return (await this.#waitForOne(inOrder, patienceMs)) ?? this.create(room, []);
  }

  /**
   * Creates an identity. Its database is durable before the promise resolves.
   * @throws {ShardbearerError} `STORAGE_UNAVAILABLE`, `STORAGE_FULL` or `STORAGE_FAILED`
   */
  async create(room: string, firstRecords: WriteBatch): Promise<HeldIdentity> {
    const { locks, registry, storage, newBootId } = this.#parts;
    const radiant = this.#parts.newRadiantId();
    const lock = await locks.hold(radiantLock(radiant));
    try {
      const device = await registry.deviceId();
      // The entry must exist before the database does. The loss of an unregistered database would go unnoticed.
      await registry.addIdentity(radiant, room);
      const database = await storage.create({ radiant, device, boot: newBootId() }, firstRecords);
      return { radiant, database, lock };
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Opens an identity if it is free and its disk answers. Retires an identity that lost its data. */
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

  /** Opens the database of a held identity under a new boot id. */
  reopen(radiant: RadiantId): Promise<Database> {
    return this.#parts.storage.reopen(radiant, this.#parts.newBootId());
  }

  known(room: string): Promise<readonly KnownIdentity[]> {
    return this.#parts.registry.identities(room);
  }

  /** Records that an order needs this identity. Another tab adopts the identity after its own tab closes. */
  markVoter(radiant: RadiantId): Promise<void> {
    return this.#parts.registry.markVoter(radiant);
  }

  /** Records that no order needs this identity any longer. */
  unmarkVoter(radiant: RadiantId): Promise<void> {
    return this.#parts.registry.unmarkVoter(radiant);
  }

  /** Retires an identity, which never votes again (design, rule 2), and deletes its database. */
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
      // Every other identity of this device would fail in the same way.
      if (OF_WHOLE_DEVICE.has(errorCodeOf(error)) || !(error instanceof ShardbearerError)) throw error;
      return undefined;
    }
  }

  async #isCrowded(radiants: readonly RadiantId[]): Promise<boolean> {
    const { holders } = await this.#parts.locks.table();
    const runners = radiants.flatMap((radiant) => holders.get(radiantLock(radiant)) ?? []);
    return new Set(runners).size < runners.length;
  }

  /**
   * Waits until one of the identities is free. A closing tab frees an identity soon, and a tab with adopted radiants
   * hands one over.
   */
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
      // Several locks may have become free at once. This tab keeps only the first.
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
