/** Measures the flushed logs and checkpoints of replicas. */
import type { ObservedRadiant, Observer } from '../../../src/sim/world/observer.ts';
import type { RecordKey, Records, WriteBatch } from '../../../src/storage/contract.ts';
import { groupPrefix } from '../../../src/storage/keys.ts';
import type { OrderId, RadiantId } from '../../../src/wire/identifiers.ts';

export class DiskMeter implements Observer {
  readonly #disks = new Map<RadiantId, Map<RecordKey, number>>();
  /** By radiant: the bytes of log and hard state on its disk. */
  readonly #logBytes = new Map<RadiantId, number>();
  #largestLogBytes = 0;
  #largestCheckpointBytes = 0;
  #checkpoints = 0;

  /** Largest number of bytes of log and hard state that any replica had at any time. */
  get largestLogBytes(): number {
    return this.#largestLogBytes;
  }

  /** Largest number of bytes that the manifest and the chunks of one checkpoint had. */
  get largestCheckpointBytes(): number {
    return this.#largestCheckpointBytes;
  }

  /** Number of bytes of the orders' logs, hard states and checkpoints that are on all disks now. */
  bytesOf(orders: readonly OrderId[]): number {
    let bytes = 0;
    for (const disk of this.#disks.values()) {
      for (const order of orders) {
        for (const [key, length] of disk) if (key.startsWith(groupPrefix(order)) && isState(key)) bytes += length;
      }
    }
    return bytes;
  }

  get checkpoints(): number {
    return this.#checkpoints;
  }

  started(radiant: ObservedRadiant, records: Records): void {
    const disk = new Map([...records].map(([key, value]) => [key, value.length]));
    this.#disks.set(radiant.radiant, disk);
    this.#logBytes.set(radiant.radiant, bytesUnder(disk, LOG));
  }

  writeFlushed(radiant: ObservedRadiant, batch: WriteBatch): void {
    const disk = this.#disks.get(radiant.radiant) ?? new Map<RecordKey, number>();
    this.#disks.set(radiant.radiant, disk);
    let isCheckpointed = false;
    let logBytes = this.#logBytes.get(radiant.radiant) ?? 0;
    for (const change of batch) {
      if (LOG.test(change.key)) {
        logBytes += (change.kind === 'put' ? change.value.length : 0) - (disk.get(change.key) ?? 0);
      }
      if (change.kind === 'delete') disk.delete(change.key);
      else disk.set(change.key, change.value.length);
      isCheckpointed ||= change.kind === 'put' && MANIFEST.test(change.key);
    }
    this.#logBytes.set(radiant.radiant, logBytes);
    this.#largestLogBytes = Math.max(this.#largestLogBytes, logBytes);
    if (!isCheckpointed) return;
    this.#checkpoints++;
    this.#largestCheckpointBytes = Math.max(this.#largestCheckpointBytes, bytesUnder(disk, CHECKPOINT));
  }
}

const LOG = /^group\/[0-9a-f]+\/(log\/|state$)/u;
const MANIFEST = /^group\/[0-9a-f]+\/checkpoint$/u;
/** Keys of checkpoints. A new manifest deletes the chunks of the former one. */
const CHECKPOINT = /^group\/[0-9a-f]+\/(checkpoint$|chunk\/)/u;

const isState = (key: RecordKey): boolean => LOG.test(key) || CHECKPOINT.test(key);

function bytesUnder(disk: ReadonlyMap<RecordKey, number>, pattern: RegExp): number {
  let bytes = 0;
  for (const [key, length] of disk) if (pattern.test(key)) bytes += length;
  return bytes;
}
