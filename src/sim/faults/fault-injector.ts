/** Injects the faults of a mix at random times until it is stopped. */
import type { WriteBatch } from '../../storage/contract.ts';
import { groupCheckpointKey, ordersIn, parseGroupChunkKey } from '../../storage/keys.ts';
import { ShardbearerError } from '../../wire/errors.ts';
import { TIMES } from '../../wire/times.ts';
import { type FlushDelay, QUICK_FLUSH } from '../world/device.ts';
import { type CountedFaultKind, FAULT_KINDS, type FaultKind } from '../fault-kinds.ts';
import type { FaultMix } from './fault-mix.ts';
import { DiskHangs } from './disk-hangs.ts';
import { ReconfigurationFaults } from './reconfiguration-faults.ts';
import type { SimulatedHost } from '../world/host.ts';
import { MemoryLoss, type LossListener } from './memory-loss.ts';
import { CALM } from '../network/conditions.ts';
import type { ObservedRadiant, Observer } from '../world/observer.ts';
import type { Random } from '../random.ts';
import { Recurrence } from '../recurrence.ts';
import type { Remembering } from './remembering.ts';
import type { BlockKind } from '../network/ways.ts';
import type { World } from '../world/world.ts';

const SLOW_FLUSH: FlushDelay = [20, 400];
/** Longest time between the flush of a snapshot chunk and the death of the tab that fetches the snapshot. */
const FETCHER_DEATH_MS = 5;
/** Share of the wipes that wait until a shard is moving. */
const WIPES_DURING_MOVES = 0.4;

/** A driver changes the cluster during the faults. It pauses when the faults pause. */
export interface Driver {
  pause(): void;
  resume(): void;
}

export interface Members {
  readonly drivers: readonly Driver[];
  readonly remembering: Remembering;
}

export class FaultInjector implements Observer {
  readonly #world: World;
  readonly #random: Random;
  readonly #diskRandom: Random;
  readonly #mix: FaultMix;
  readonly #drivers: readonly Driver[];
  readonly #memoryLoss: MemoryLoss;
  readonly #reconfiguration: ReconfigurationFaults;
  readonly #diskHangs: DiskHangs;
  readonly #counts = new Map<CountedFaultKind, number>();
  /** Number of complete recoveries from all faults. The planned end of a fault is void after the next recovery. */
  #healed = 0;
  readonly #recurrence: Recurrence;

  constructor(world: World, random: Random, mix: FaultMix, listener: LossListener, members: Members) {
    this.#world = world;
    this.#random = random;
    this.#diskRandom = random.fork('full disks');
    this.#mix = mix;
    this.#drivers = members.drivers;
    this.#recurrence = new Recurrence(world.timeline, random);
    this.#memoryLoss = new MemoryLoss(world, random.fork('memory loss'), listener, members.remembering, {
      pause: () => this.#pause(),
      resume: () => this.#resume(),
    });
    const context = {
      world,
      isAtWork: () => this.#recurrence.isAtWork,
      down: (host: SimulatedHost | undefined, how: 'kill' | 'close') => this.#down(host, how),
      later: (delayMs: number, action: () => void) => this.#later(delayMs, action),
      count: (kind: CountedFaultKind) => this.#count(kind),
    };
    this.#reconfiguration = new ReconfigurationFaults(context, mix, random);
    this.#diskHangs = new DiskHangs(context, mix, random.fork('disk hangs'));
  }

  get counts(): ReadonlyMap<CountedFaultKind, number> {
    return this.#counts;
  }

  start(): void {
    this.#world.network.conditions = this.#mix.conditions;
    for (const kind of FAULT_KINDS) {
      this.#recurrence.begin(this.#mix.meanMs[kind], () => {
        if (this.#happens(kind)) this.#count(kind);
      });
    }
    this.#diskHangs.start();
  }

  /** Kills the tab that flushed a chunk of a snapshot, with the probability of the mix. */
  writeFlushed(radiant: ObservedRadiant, batch: WriteBatch): void {
    const probability = this.#mix.fetcherDeaths ?? 0;
    if (probability === 0 || !this.#recurrence.isAtWork || !bringsPiece(batch)) return;
    if (!this.#random.chance(probability)) return;
    this.#world.timeline.after(this.#random.between(0, FETCHER_DEATH_MS), () => {
      const host = this.#world.hosts.find(({ radiants }) => radiants.some((running) => running === radiant));
      if (this.#recurrence.isAtWork && this.#down(host, 'kill')) this.#count('kill-fetcher');
    });
  }

  sent(radiant: ObservedRadiant, bytes: Uint8Array): void {
    this.#reconfiguration.sent(radiant, bytes);
  }

  /** Stops and undoes all faults. A loss of memory that has begun continues. */
  stop(): void {
    this.#recurrence.stop();
    this.#diskHangs.recurrence.stop();
    this.#heal();
  }

  /** Whether a radiant lost its memory and is not yet retired. */
  get isLosingMemory(): boolean {
    return this.#memoryLoss.isUnderWay;
  }

  #count(kind: FaultKind | CountedFaultKind): void {
    if (kind !== 'wipe' && kind !== 'roll-back') this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  #pause(): void {
    this.#recurrence.pause();
    this.#diskHangs.recurrence.pause();
    for (const driver of this.#drivers) driver.pause();
    this.#heal();
  }

  #resume(): void {
    this.#recurrence.resume();
    this.#diskHangs.recurrence.resume();
    for (const driver of this.#drivers) driver.resume();
    if (this.#recurrence.isAtWork) this.#world.network.conditions = this.#mix.conditions;
  }

  #heal(): void {
    this.#healed++;
    const { hosts, network, devices } = this.#world;
    network.conditions = CALM;
    network.signalingUp = true;
    network.unblockAll();
    for (const device of devices) {
      device.flushMs = QUICK_FLUSH;
      device.disk.isFull = false;
      device.recover();
    }
    for (const host of hosts) {
      host.tickMs = TIMES.raft.tickMs;
      host.thaw();
      host.open();
    }
  }

  /** Injects a fault. False: the fault has no target at the moment. */
  #happens(kind: (typeof FAULT_KINDS)[number]): boolean {
    const { network, hosts } = this.#world;
    const random = this.#random;
    switch (kind) {
      case 'partition':
        return this.#partition(true);
      case 'one-way-partition':
        return this.#partition(false);
      case 'link-cut':
        network.cutSomeLink();
        return true;
      case 'kill':
        return this.#down(this.#someHost(), 'kill');
      case 'kill-all':
        for (const host of hosts) this.#down(host, 'kill');
        return true;
      case 'kill-herald':
        return this.#down(this.#heraldsHost(), random.chance(0.7) ? 'kill' : 'close');
      case 'kill-bondsmith':
        return this.#down(this.#world.hostOf(this.#world.bondsmith()), random.chance(0.5) ? 'kill' : 'close');
      case 'close':
        return this.#down(this.#someHost(), 'close');
      case 'freeze':
        return this.#freeze(random.chance(0.4) ? this.#heraldsHost() : this.#someHost());
      case 'slow-timers':
        return this.#slowTimers();
      case 'clock-gap':
        return this.#skipTime();
      case 'disk-error':
        return this.#failWrite();
      case 'disk-full':
        return this.#fillDisk();
      case 'slow-disk':
        return this.#slowDisk();
      case 'signaling-outage':
        network.signalingUp = false;
        this.#later(random.between(1_000, 15_000), () => {
          network.signalingUp = true;
        });
        return true;
      case 'wipe':
        if (!this.#diskRandom.chance(WIPES_DURING_MOVES)) return this.#memoryLoss.wipe();
        this.#reconfiguration.duringMove(() => this.#memoryLoss.wipe());
        return true;
      case 'roll-back':
        return this.#memoryLoss.rollBack();
      case 'bondsmith-cut-off':
        return this.#reconfiguration.cutOffBondsmith();
      case 'order-down':
        return this.#reconfiguration.orderDown();
    }
  }

  #partition(bothWays: boolean): boolean {
    const random = this.#random;
    const { network, hosts } = this.#world;
    const names = random.shuffled(hosts.map((host) => host.name));
    const cut = 1 + random.integer(names.length - 1);
    const kind: BlockKind = random.chance(0.5) ? 'hold' : 'lose';
    for (const inside of names.slice(0, cut)) {
      for (const outside of names.slice(cut)) {
        network.block(inside, outside, kind);
        if (bothWays) network.block(outside, inside, kind);
      }
    }
    this.#later(random.between(300, random.chance(0.2) ? 14_000 : 5_000), () => network.unblockAll());
    return true;
  }

  #down(host: SimulatedHost | undefined, how: 'kill' | 'close'): boolean {
    if (host?.isOpen !== true) return false;
    if (how === 'kill') host.kill();
    else host.close();
    this.#later(this.#random.between(50, this.#random.chance(0.2) ? 9_000 : 3_000), () => host.open());
    return true;
  }

  #freeze(host: SimulatedHost | undefined): boolean {
    if (host?.isReady !== true || host.isFrozen) return false;
    host.freeze();
    this.#later(this.#random.between(200, this.#random.chance(0.2) ? 12_000 : 4_000), () => host.thaw());
    return true;
  }

  #slowTimers(): boolean {
    const host = this.#random.chance(0.4) ? this.#heraldsHost() : this.#someHost();
    if (host === undefined) return false;
    host.tickMs = 1_000;
    this.#later(this.#random.between(2_000, 15_000), () => {
      host.tickMs = TIMES.raft.tickMs;
    });
    return true;
  }

  /** Moves the clocks of a tab forward. */
  #skipTime(): boolean {
    const host = this.#random.chance(0.4) ? this.#heraldsHost() : this.#someHost();
    host?.skipTime(this.#random.between(500, this.#random.chance(0.2) ? 120_000 : 10_000));
    return host !== undefined;
  }

  #failWrite(): boolean {
    const error = new ShardbearerError('STORAGE_FAILED', 'the disk refused a write');
    this.#random.pick(this.#world.devices)?.disk.failNextWrite(error);
    return true;
  }

  #fillDisk(): boolean {
    const device = this.#random.pick(this.#world.devices);
    if (device === undefined) return false;
    // Sometimes all disks are full, so that no voter can take over.
    const full = this.#diskRandom.chance(0.3) ? this.#world.devices : [device];
    for (const { disk } of full) disk.isFull = true;
    this.#later(this.#random.between(200, 5_000), () => {
      for (const { disk } of full) disk.isFull = false;
    });
    return true;
  }

  #slowDisk(): boolean {
    const device = this.#random.pick(this.#world.devices);
    if (device === undefined) return false;
    device.flushMs = SLOW_FLUSH;
    this.#later(this.#random.between(1_000, 10_000), () => {
      device.flushMs = QUICK_FLUSH;
    });
    return true;
  }

  #later(delayMs: number, action: () => void): void {
    const healed = this.#healed;
    this.#world.timeline.after(delayMs, () => {
      if (healed === this.#healed) action();
    });
  }

  #someHost(): SimulatedHost | undefined {
    return this.#random.pick(this.#world.hosts.filter((host) => host.isOpen));
  }

  #heraldsHost(): SimulatedHost | undefined {
    return this.#world.hostOf(this.#random.pick([...this.#world.heralds().values()]));
  }
}

/** Whether the batch holds a chunk of a snapshot that is not complete. */
function bringsPiece(batch: WriteBatch): boolean {
  const order = ordersIn(batch.map(({ key }) => key))[0];
  if (order === undefined || batch.some(({ key }) => key === groupCheckpointKey(order))) return false;
  return batch.some(({ kind, key }) => kind === 'put' && parseGroupChunkKey(order, key)?.origin === 'fetched');
}
