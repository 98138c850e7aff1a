/** One device in memory. Its tabs share the disk, the registry and the locks, and are linked with each other. */
import { Client } from '../../src/client/client.ts';
import { joinCluster } from '../../src/hosts/join-cluster.ts';
import { type Arrival, NEWCOMER } from '../../src/hosts/identity-choice.ts';
import { IdentityKeeper } from '../../src/hosts/identity-keeper.ts';
import type { Locks } from '../../src/hosts/locks.ts';
import { MemoryRegistry } from '../../src/hosts/device-registry.ts';
import { RadiantHost } from '../../src/hosts/radiant-host.ts';
import type { FoundingOptions } from '../../src/radiant/contract.ts';
import { Radiant } from '../../src/radiant/radiant.ts';
import { MemoryDisk } from '../../src/storage/memory/memory-disk.ts';
import { MemoryStorage } from '../../src/storage/memory/memory-storage.ts';
import { LocalHub } from '../../src/transport/local.ts';
import { hostScheduler } from '../../src/transport/scheduler.ts';
import {
  type BootId,
  type ClusterId,
  type DeviceId,
  ID_BYTES,
  idFromBytes,
  type RadiantId,
  type RandomId,
} from '../../src/wire/identifiers.ts';
import { TIMES, type Times } from '../../src/wire/times.ts';
import { MortalLocks } from './memory-locks.ts';

const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
export const randomId = <Id extends RandomId>(): Id => idFromBytes<Id>(randomBytes(ID_BYTES));

const environment = { nowMs: () => performance.now(), random: Math.random, randomBytes, times: TIMES };

export interface TabOptions {
  readonly secret?: string;
  readonly adoption?: boolean;
  readonly arrival?: Arrival;
  readonly founding?: FoundingOptions;
}

export interface Tab {
  readonly host: RadiantHost;
  readonly secret: string;
  readonly locks: Locks & { die(): void };
}

/** A founding of one order that starts when three tabs are present. */
const THREE_TABS: FoundingOptions = { radiants: 3, orders: 1, windowMs: Number.POSITIVE_INFINITY };

export class Device {
  readonly disk = new MemoryDisk();
  readonly storage = new MemoryStorage(this.disk, true);
  readonly registry = new MemoryRegistry(randomId<DeviceId>());
  readonly locks = new MortalLocks();
  /** By radiant: the machine of its latest boot. */
  readonly machines = new Map<RadiantId, Radiant>();
  readonly #hub = new LocalHub();
  readonly #tabs: Tab[] = [];
  readonly #times: Times;

  constructor(times = TIMES) {
    this.#times = times;
  }

  keeper(locks: Locks): IdentityKeeper {
    return new IdentityKeeper({
      locks,
      storage: this.storage,
      registry: this.registry,
      scheduler: hostScheduler,
      times: this.#times,
      newRadiantId: () => randomId<RadiantId>(),
      newBootId: () => randomId<BootId>(),
    });
  }

  join(locks: Locks, secret: string | undefined, arrival: Arrival = NEWCOMER, application = '') {
    return joinCluster(
      {
        registry: this.registry,
        keeper: this.keeper(locks),
        locks,
        newSecret: async () => `secret ${randomId<ClusterId>()}`,
        roomOf: async (text) => `room of ${text}`,
        newClusterId: () => randomId<ClusterId>(),
      },
      { secret, application },
      arrival,
    );
  }

  async openTab({ secret, adoption = true, arrival, founding = THREE_TABS }: TabOptions = {}): Promise<Tab> {
    const locks = this.locks.worker();
    const joined = await this.join(locks, secret, arrival);
    const host = new RadiantHost(joined.own, {
      room: joined.room,
      remember: () =>
        this.registry.rememberCluster({ room: joined.room, secret: joined.secret, founded: false, application: '' }),
      keeper: this.keeper(locks),
      locks,
      adoption,
      role: 'radiant',
      storage: 'durable',
      frames: () => 'worker',
      createRadiant: (database, place, lifecycles) => {
        const machine = new Radiant({
          lifecycles,
          environment,
          database,
          durable: true,
          joins: place === 'wanted',
          founding,
          replicationFactor: 3,
          algorithm: 'raft',
        });
        this.machines.set(database.radiant, machine);
        return machine;
      },
      createTransport: (radiant, boot) => this.#hub.join({ radiant, boot }),
      createClient: () => new Client({ environment }),
      scheduler: hostScheduler,
      times: this.#times,
    });
    const tab = { host, secret: joined.secret, locks };
    this.#tabs.push(tab);
    return tab;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.#tabs.map(({ host }) => host.close()));
  }
}
