/** Who reaches whom: tabs on one side reach each other, and nobody on another. What crosses is lost. */
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import type { World } from '../../../src/sim/world/world.ts';

/** The side of all that nobody isolated. */
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

  /** Each of these is alone from now on. */
  isolate(...tabs: readonly SimulatedHost[]): void {
    for (const tab of tabs) this.#sides.set(tab, ++this.#lastSide);
    this.#apply();
  }

  /** These reach each other, and nobody else. */
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
