/**
 * Opens and closes tabs. Some tabs open late, some leave, and some vanish and come back after their membership has
 * ended.
 */
import { movesOf, participantsOf } from '../../cluster/configuration.ts';
import type { CoverageListener } from '../coverage.ts';
import type { Random } from '../random.ts';
import { Recurrence } from '../recurrence.ts';
import type { SimulatedHost } from '../world/host.ts';
import type { World } from '../world/world.ts';

export interface TurnoverPlan {
  /** Mean time between two tabs that go away. Undefined: every tab stays. */
  readonly meanMs: number | undefined;
  /** Number of member tabs that open late. They are the last tabs of the world. */
  readonly lateTabs: number;
}

/** Share of the departing tabs that leave by a call of `leave`. The others vanish. */
const LEAVE_SHARE = 0.6;
/** Share of the vanishing tabs that say goodbye. The others are killed. */
const GOODBYE_SHARE = 0.6;
const LOOK_MS = 100;
const LONGEST_ABSENCE_MS = 8_000;
/** Longest time that a tab stays away after the cluster has removed its membership. */
const LONGEST_OVERTIME_MS = 10_000;
/** Latest time at which a late tab opens. */
const LATE_MS = 25_000;

export interface ChangeHooks {
  readonly covered?: CoverageListener;
  /** False while the cluster may not have noticed a loss of memory. A leave then could cost an order its majority. */
  readonly mayLeave?: () => boolean;
}

export class TabTurnover {
  readonly #world: World;
  readonly #random: Random;
  readonly #plan: TurnoverPlan;
  readonly #covered: CoverageListener;
  readonly #mayLeave: () => boolean;
  readonly #recurrence: Recurrence;

  constructor(world: World, random: Random, plan: TurnoverPlan, hooks: ChangeHooks = {}) {
    this.#world = world;
    this.#random = random;
    this.#plan = plan;
    this.#covered = hooks.covered ?? (() => undefined);
    this.#mayLeave = hooks.mayLeave ?? (() => true);
    this.#recurrence = new Recurrence(world.timeline, random);
  }

  /** Tabs that are open from the start. */
  get earlyTabs(): readonly SimulatedHost[] {
    const late = new Set(this.#lateTabs());
    return this.#world.hosts.filter((host) => !late.has(host));
  }

  start(): void {
    for (const host of this.#lateTabs()) {
      this.#world.timeline.after(this.#random.between(0, LATE_MS), () => {
        if (!host.isOpen) this.#covered('opened-late');
        host.open();
      });
    }
    this.#recurrence.begin(this.#plan.meanMs, () => this.#go());
  }

  stop(): void {
    this.#recurrence.stop();
  }

  pause(): void {
    this.#recurrence.pause();
  }

  resume(): void {
    this.#recurrence.resume();
  }

  #lateTabs(): readonly SimulatedHost[] {
    const { lateTabs } = this.#plan;
    const members = this.#world.hosts.filter(({ isMember }) => isMember);
    // The first tab founds the cluster, so it is never late.
    return lateTabs === 0 ? [] : members.slice(1).slice(-lateTabs);
  }

  #go(): void {
    const host = this.#random.pick(this.#world.hosts.filter(({ isReady, isFrozen }) => isReady && !isFrozen));
    if (host === undefined) return;
    if (this.#random.chance(LEAVE_SHARE)) this.#leave(host);
    else this.#vanish(host);
  }

  /** The tab leaves, closes when the cluster no longer counts on it, and opens again later. */
  #leave(host: SimulatedHost): void {
    const [radiant] = host.radiants;
    if (radiant === undefined || !this.#mayLeave()) return;
    this.#world.trace.record(host.name, 'leaves');
    const isMoving = this.#isMoving();
    radiant.handle({ kind: 'leave' });
    const look = (): void => {
      if (radiant.ended) return;
      if (radiant.view().leaving?.kind !== 'left') {
        this.#world.timeline.after(LOOK_MS, look);
        return;
      }
      this.#covered(isMoving ? 'departed-under-way' : 'departed');
      host.close();
      this.#world.timeline.after(this.#random.between(100, LONGEST_ABSENCE_MS), () => host.open());
    };
    look();
  }

  /** Closes or kills a tab for about `deadAfterMs`. A majority of the tabs stays open. */
  #vanish(host: SimulatedHost): void {
    const closed = this.#world.hosts.filter(({ isOpen }) => !isOpen).length;
    if (2 * (closed + 1) >= this.#world.hosts.length) return;
    const saysGoodbye = this.#random.chance(GOODBYE_SHARE);
    const { identity } = host;
    if (saysGoodbye) host.close();
    else host.kill();
    this.#covered('vanished');
    const { awayMs, deadAfterMs } = this.#world.times.membership;
    const absenceMs = (saysGoodbye ? awayMs : deadAfterMs) + this.#random.between(-awayMs / 2, LONGEST_OVERTIME_MS);
    this.#world.timeline.after(absenceMs, () => {
      if (host.isOpen) return;
      const configuration = this.#world.configuration();
      const isGivenUp =
        configuration !== undefined && participantsOf(configuration).every(({ radiant }) => radiant !== identity);
      if (isGivenUp) this.#covered('removed-while-away');
      host.open();
    });
  }

  #isMoving(): boolean {
    const configuration = this.#world.configuration();
    return configuration !== undefined && movesOf(configuration).length > 0;
  }
}
