/**
 * Disks that lose data: wiped, damaged, or rolled back to an older copy. Design rule 2 allows that a minority of an
 * order's voters loses its memory. After a rollback, the other voters stay up until the victim is retired or has left,
 * because only they know what the victim forgot.
 */
import { isBehind } from '../../consensus/contract.ts';
import type { DiskCopy } from '../../storage/memory/memory-disk.ts';
import type { Position } from '../../wire/frames/frame.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import { TIMES } from '../../wire/times.ts';
import type { LossKind } from '../fault-kinds.ts';
import type { SimulatedHost } from '../world/host.ts';
import type { Random } from '../random.ts';
import type { Remembering } from './remembering.ts';
import type { RunningRadiant } from '../world/running-radiant.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world/world.ts';

export interface LossListener {
  /** Called when the radiant's memory is gone or old. The radiant must not vote or acknowledge in its orders again. */
  losesMemory(radiant: RadiantId, how: LossKind): void;
  /** Whether the loss can no longer do harm: the radiant is retired, or is in no order that it has forgotten. */
  isLossOver(radiant: RadiantId): boolean;
}

interface Peace {
  /** Stops all other faults and opens all tabs. */
  pause(): void;
  resume(): void;
}

/**
 * Number of announcements that the other voters hear before the disk is copied, and again before the copy is put back.
 */
const PRESENCES = 4;
const LOOK_MS = 100;
const RETIREMENT_MS = 20_000;

export class MemoryLoss {
  readonly #world: World;
  readonly #random: Random;
  readonly #listener: LossListener;
  readonly #remembering: Remembering;
  readonly #peace: Peace;
  readonly #victims = new Set<RadiantId>();
  #underWay = false;

  constructor(world: World, random: Random, listener: LossListener, remembering: Remembering, peace: Peace) {
    this.#world = world;
    this.#remembering = remembering;
    this.#random = random;
    this.#listener = listener;
    this.#peace = peace;
  }

  get isUnderWay(): boolean {
    return this.#underWay;
  }

  /** Wipes the disk of a running or closed tab, or damages one record. */
  wipe(): boolean {
    const victim = this.#victim();
    if (victim === undefined) return false;
    const { host, radiant } = victim;
    this.#victims.add(radiant.radiant);
    const how = this.#random.pick(['wiped while it ran', 'wiped', 'corrupt', 'torn'] as const) ?? 'wiped';
    this.#world.trace.record(host.name, how);
    if (how !== 'wiped while it ran') host.kill();
    this.#listener.losesMemory(radiant.radiant, how);
    if (how === 'corrupt' || how === 'torn') this.#damage(host, radiant.radiant, how);
    else host.device.disk.wipe();
    if (!host.isOpen) this.#world.timeline.after(this.#random.between(50, 3_000), () => host.open());
    return true;
  }

  /** Copies a disk, and puts the copy back after other radiants have seen newer data. */
  rollBack(): boolean {
    if (this.#underWay) return false;
    const victim = this.#victim();
    if (victim === undefined) return false;
    const { host, radiant } = victim;
    this.#underWay = true;
    const copy = host.device.disk.copy();
    const replicaThen = radiant.replicas()[0]?.replica.replica;
    const positionThen = positionOf(radiant);
    this.#world.trace.record(host.name, 'copied');
    const waitMs = TIMES.liveness.presenceMs * PRESENCES + this.#random.between(0, 5_000);
    this.#world.timeline.after(waitMs, () => {
      this.#peace.pause();
      this.#whenAllIsQuiet(() => {
        const now = host.radiants.find((running) => running.radiant === radiant.radiant);
        const isSame = now?.replicas()[0]?.replica.replica === replicaThen;
        const position = now === undefined ? undefined : positionOf(now);
        if (now === undefined || position === undefined || positionThen === undefined) return this.#over();
        // The copy is also outdated if the radiant has become another replica since.
        const wouldForget = !isSame || isBehind(positionThen, position);
        if (wouldForget && this.#mayLose(now.radiant)) this.#putBack(host, now.radiant, copy);
        else this.#over();
      });
    });
    return true;
  }

  #putBack(host: SimulatedHost, radiant: RadiantId, copy: DiskCopy): void {
    this.#victims.add(radiant);
    host.kill();
    host.device.disk.rollBack(copy);
    this.#listener.losesMemory(radiant, 'rolled back');
    this.#world.trace.record(host.name, 'rolled back');
    this.#world.timeline.after(this.#random.between(20, 2_000), () => host.open());
    const untilMs = this.#world.nowMs + RETIREMENT_MS;
    this.#when(
      () => {
        if (this.#world.nowMs > untilMs) {
          throw new Violation(
            'a radiant that lost its memory is retired',
            `${radiant} of ${host.name} continues after a rollback`,
          );
        }
        return this.#listener.isLossOver(radiant);
      },
      () => this.#over(),
    );
  }

  #over(): void {
    this.#underWay = false;
    this.#peace.resume();
  }

  /** Flips a bit of one record, or truncates the record. */
  #damage(host: SimulatedHost, radiant: RadiantId, how: 'corrupt' | 'torn'): void {
    const { disk } = host.device;
    const keys = [...(disk.copy().files.get(radiant)?.keys() ?? [])].sort();
    const key = this.#random.pick(keys);
    if (key === undefined) return;
    disk.tamper(radiant, key, (sealed = NO_BYTES) => {
      const at = this.#random.integer(sealed.length);
      return how === 'torn'
        ? sealed.subarray(0, at)
        : sealed.with(at, (sealed[at] ?? 0) ^ (1 << this.#random.integer(8)));
    });
  }

  /** Picks a replica that may lose its memory and whose device runs no other radiant. */
  #victim(): { host: SimulatedHost; radiant: RunningRadiant } | undefined {
    const candidates = this.#world.hosts.flatMap((host) => {
      const [radiant] = host.radiants;
      const alone = this.#world.hosts.every((other) => other === host || other.device !== host.device);
      if (radiant === undefined || !alone || host.isFrozen || positionOf(radiant) === undefined) return [];
      return this.#mayLose(radiant.radiant) ? [{ host, radiant }] : [];
    });
    return this.#random.pick(candidates);
  }

  #mayLose(radiant: RadiantId): boolean {
    return !this.#victims.has(radiant) && this.#remembering.mayForget(radiant, this.#victims);
  }

  /** Runs the action once all voters that kept their memory have been up and linked for `PRESENCES` announcements. */
  #whenAllIsQuiet(action: () => void): void {
    let quietSinceMs: number | undefined;
    this.#when(() => {
      if (!this.#areVotersLinked()) quietSinceMs = undefined;
      else quietSinceMs ??= this.#world.nowMs;
      return quietSinceMs !== undefined && this.#world.nowMs - quietSinceMs >= PRESENCES * TIMES.liveness.presenceMs;
    }, action);
  }

  #areVotersLinked(): boolean {
    const radiants = this.#world.radiants();
    const voters = new Set([...this.#remembering.voters()].filter((radiant) => !this.#victims.has(radiant)));
    const running = radiants.filter(({ radiant }) => voters.has(radiant));
    if (running.length < voters.size || voters.size === 0) return false;
    const areLinked = (one: RunningRadiant, other: RunningRadiant): boolean =>
      one === other || this.#world.network.isLinked(one, other);
    // Two voters without a direct link are linked if another radiant can relay between them.
    return running.every((one) =>
      running.every((other) => radiants.some((between) => areLinked(one, between) && areLinked(between, other))),
    );
  }

  #when(condition: () => boolean, action: () => void): void {
    if (condition()) action();
    else this.#world.timeline.after(LOOK_MS, () => this.#when(condition, action));
  }
}

/** The position up to which the radiant's replica has flushed. Undefined: the radiant is no replica. */
function positionOf(radiant: RunningRadiant): Position | undefined {
  return radiant.view().orders.flatMap(({ replica }) => replica?.flushed ?? [])[0];
}

const NO_BYTES = new Uint8Array(0);
