/** Partitions tabs into sides. Tabs on one side reach each other. Frames to another side are lost. */
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import type { World } from '../../../src/sim/world/world.ts';

/** The side of all tabs that are not separated. */
const MAIN_SIDE = 0;

export class Sides {
  readonly #world: World;
  readonly #sides = new Map<SimulatedHost, number>();
  #lastSide = MAIN_SIDE;

  constructor(world: World) {
    this.#world = world;
  }

  isApart(tab: SimulatedHost): boolean {
    return this.#sideOf(tab) !== MAIN_SIDE;
  }

  /** Puts each of the tabs on a side of its own. */
  isolate(...tabs: readonly SimulatedHost[]): void {
    for (const tab of tabs) this.#sides.set(tab, ++this.#lastSide);
    this.#apply();
  }

  /** Puts the tabs together on a new side. */
  separate(...tabs: readonly SimulatedHost[]): void {
    const side = ++this.#lastSide;
    for (const tab of tabs) this.#sides.set(tab, side);
    this.#apply();
  }

  rejoin(...tabs: readonly SimulatedHost[]): void {
    for (const tab of tabs) this.#sides.delete(tab);
    this.#apply();
  }

  #sideOf(tab: SimulatedHost): number {
    return this.#sides.get(tab) ?? MAIN_SIDE;
  }

  #apply(): void {
    const { hosts, network } = this.#world;
    for (const from of hosts) {
      for (const to of hosts) {
        if (from === to) continue;
        const isApart = this.#sideOf(from) !== this.#sideOf(to);
        if (!isApart) network.unblock(from.name, to.name);
        else if (!network.isBlocked(from.name, to.name)) network.block(from.name, to.name, 'lose');
      }
    }
  }
}
