/**
 * The registry of a device. It holds the clusters that the device knows and the radiants that live on it. All tabs of
 * the device share it.
 */
import type { DeviceRegistry as IndexedDbRegistry, KnownCluster, KnownIdentity } from '../storage/indexeddb/device.ts';
import type { DeviceId, RadiantId } from '../wire/identifiers.ts';

export type { KnownCluster, KnownIdentity };

export type DeviceRegistry = Pick<
  IndexedDbRegistry,
  | 'deviceId'
  | 'lastCluster'
  | 'rememberCluster'
  | 'identities'
  | 'addIdentity'
  | 'markVoter'
  | 'unmarkVoter'
  | 'retireIdentity'
>;

/** The registry of a device without durable storage. Its contents live in memory. */
export class MemoryRegistry implements DeviceRegistry {
  readonly #device: DeviceId;
  /** Known clusters. The cluster that was used last is at the end. */
  #clusters: readonly KnownCluster[] = [];
  readonly #identities = new Map<RadiantId, KnownIdentity>();

  constructor(device: DeviceId) {
    this.#device = device;
  }

  async deviceId(): Promise<DeviceId> {
    return this.#device;
  }

  async lastCluster(application: string): Promise<KnownCluster | undefined> {
    return this.#clusters.findLast((known) => known.application === application);
  }

  async rememberCluster(cluster: KnownCluster): Promise<void> {
    const { room, application } = cluster;
    const founded = cluster.founded || this.#clusters.some((known) => known.room === room && known.founded);
    const others = this.#clusters.filter((known) => known.room !== room || known.application !== application);
    this.#clusters = [...others, { ...cluster, founded }];
  }

  async identities(room: string): Promise<KnownIdentity[]> {
    return [...this.#identities.values()].filter((identity) => identity.room === room);
  }

  async addIdentity(radiant: RadiantId, room: string): Promise<void> {
    this.#identities.set(radiant, { radiant, room, voter: false, retired: false });
  }

  async markVoter(radiant: RadiantId): Promise<void> {
    this.#change(radiant, { voter: true });
  }

  async unmarkVoter(radiant: RadiantId): Promise<void> {
    this.#change(radiant, { voter: false });
  }

  async retireIdentity(radiant: RadiantId): Promise<void> {
    this.#change(radiant, { retired: true });
  }

  #change(radiant: RadiantId, change: Partial<KnownIdentity>): void {
    const known = this.#identities.get(radiant);
    if (known !== undefined) this.#identities.set(radiant, { ...known, ...change });
  }
}
