/** Makes disks hang: one write or all transactions, for a while or until the faults end. */
import type { SimulatedDevice } from '../world/device.ts';
import type { Random } from '../random.ts';
import { Recurrence } from '../recurrence.ts';
import type { FaultMix } from './fault-mix.ts';
import type { FaultContext } from './reconfiguration-faults.ts';

/** Durations of a hang: shorter than a radiant waits for its disk, about as long, and much longer. */
const DURATIONS_MS: readonly (readonly [number, number])[] = [
  [200, 1_900],
  [1_900, 6_000],
  [6_000, 20_000],
];
const SHARE_FOR_EVER = 0.15;

export class DiskHangs {
  readonly #context: Pick<FaultContext, 'world' | 'later' | 'count'>;
  readonly #meanMs: number | undefined;
  readonly #random: Random;
  readonly recurrence: Recurrence;

  /** @param random a stream for hangs only, so that other draws do not depend on them */
  constructor(context: Pick<FaultContext, 'world' | 'later' | 'count'>, mix: FaultMix, random: Random) {
    this.#context = context;
    this.#meanMs = mix.meanMs['disk-hangs'];
    this.#random = random;
    this.recurrence = new Recurrence(context.world.timeline, random);
  }

  start(): void {
    this.recurrence.begin(this.#meanMs, () => this.#hang());
  }

  #hang(): void {
    const { world, later, count } = this.#context;
    const random = this.#random;
    const device = this.#victim();
    const [which, dice] = [random.chance(0.4) ? 'write' : 'all', random.next()] as const;
    const durationMs = random.within(random.pick(DURATIONS_MS) ?? [200, 1_900]);
    if (device === undefined || device.isHung) return;
    world.trace.record(device.name, 'disk-hangs', undefined, () => which);
    device.hang(which);
    count('disk-hangs');
    if (dice < SHARE_FOR_EVER && this.#isMinority()) return;
    later(durationMs, () => {
      world.trace.record(device.name, 'disk-recovers');
      device.recover();
    });
  }

  /** Picks a device to hang, in most cases that of a herald. */
  #victim(): SimulatedDevice | undefined {
    const { world } = this.#context;
    const random = this.#random;
    const herald = world.hostOf(random.pick([...world.heralds().values()]));
    const any = random.pick(world.devices);
    return random.chance(0.6) && herald !== undefined ? herald.device : any;
  }

  /** Whether less than half of the disks hang until the faults end. Progress needs the majority. */
  #isMinority(): boolean {
    const { devices } = this.#context.world;
    return devices.filter(({ isHung }) => isHung).length * 2 < devices.length;
  }
}
