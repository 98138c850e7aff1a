/** Named tabs of one device, each with its own radiant. A tab that reopens under its name has the same radiant. */
import type { Configuration } from '../../../src/wire/configuration/configuration.ts';
import type { RadiantId } from '../../../src/wire/identifiers.ts';
import type { Device } from './chromium-process.ts';
import { LONG, untilSettled } from './settled.ts';
import { type Served, StoreTab, type StoreTabOptions } from './store-tab.ts';
import { until } from './until.ts';

/** Members and slots of an order, in a form that is equal for equal results, however many attempts were needed. */
export interface OrderShape {
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  readonly shards: readonly string[];
}

export class NamedTabs {
  readonly #device: Device;
  readonly #server: Served;
  readonly #options: StoreTabOptions;
  readonly #open = new Map<string, StoreTab>();
  readonly #radiants = new Map<string, RadiantId>();

  /** Opens tabs without adoption, so that a closed tab's radiant does not move to another tab. */
  constructor(device: Device, server: Served, options: StoreTabOptions) {
    this.#device = device;
    this.#server = server;
    this.#options = { ...options, adoption: 'off' };
  }

  get open(): readonly StoreTab[] {
    return [...this.#open.values()];
  }

  get names(): readonly string[] {
    return [...this.#open.keys()];
  }

  at(name: string): StoreTab {
    const tab = this.#open.get(name);
    if (tab === undefined) throw new Error(`The tab ${name} is not open.`);
    return tab;
  }

  async start(name: string): Promise<StoreTab> {
    const tab = await StoreTab.open(this.#device, this.#server, this.#options);
    const { radiant } = await tab.radiant();
    const former = this.#radiants.get(name) ?? radiant;
    if (former !== radiant) throw new Error(`${name} came back as ${radiant}, and was ${former}.`);
    this.#radiants.set(name, radiant);
    this.#open.set(name, tab);
    return tab;
  }

  async crash(name: string): Promise<void> {
    const tab = this.at(name);
    this.#open.delete(name);
    await tab.crash();
  }

  async leave(name: string): Promise<void> {
    const tab = this.at(name);
    await tab.leave();
    this.#open.delete(name);
    await tab.page.close();
  }

  /** The open tab that is the bondsmith, as seen by `observer`. */
  async bondsmith(observer: StoreTab): Promise<string> {
    return await until('a tab is the bondsmith', async () => {
      const { bondsmith } = await observer.radiant();
      return this.names.find((name) => this.#radiants.get(name) === bondsmith?.herald);
    });
  }

  /** Waits until no change is due in the bondsmith's order or in any other order, and no shard moves. */
  async settled(observer: StoreTab): Promise<Configuration> {
    return await until(
      'what has settled is the latest',
      async () => {
        const { formation } = await untilSettled(observer, this.#open.size);
        const views = await Promise.all(this.open.map((tab) => tab.radiant()));
        const isMoving = views.some(({ orders }) => orders.some(({ replica }) => (replica?.moves ?? []).length > 0));
        const latest = await observer.configuration();
        const isLatest = formation.kind === 'formed' && formation.configuration.number === latest.number;
        return !isMoving && isLatest && latest;
      },
      LONG,
    );
  }

  shapeOf({ orders }: Configuration): readonly OrderShape[] {
    const nameOf = ({ radiant }: { readonly radiant: RadiantId }): string =>
      [...this.#radiants].find(([, other]) => other === radiant)?.[0] ?? radiant;
    return orders
      .map(({ members, shards }) => ({
        voters: members.voters.map(nameOf).toSorted(),
        learners: members.learners.map(nameOf).toSorted(),
        shards: shards.map(({ first, last }) => `${first}..${last}`).toSorted(),
      }))
      .toSorted((one, other) => (one.voters.join() < other.voters.join() ? -1 : 1));
  }

  /** The id of the order that the tab's radiant is a member of in the configuration. */
  orderOf(name: string, { orders }: Configuration): string | undefined {
    const radiant = this.#radiants.get(name);
    return orders.find(({ members }) =>
      [...members.voters, ...members.learners].some((member) => member.radiant === radiant),
    )?.id;
  }
}
