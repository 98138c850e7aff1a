/** Applications that read and write during a whole scenario. Each application has one call at a time. */
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import type { KeyValueInput } from '../../../src/sim/linearizability/key-value-model.ts';
import type { Random } from '../../../src/sim/random.ts';
import type { World } from '../../../src/sim/world/world.ts';
import { existing } from './existing.ts';

/**
 * How an application chooses its keys. `own`: each application has its own key. `one`: all share one key. `random`:
 * each call picks one of as many keys as there are applications.
 */
export type KeyChoice = 'own' | 'one' | 'random';

/** Mean time between the answer to a call and the application's next call. */
const PAUSE_MS = 40;
/** Time after which an application tries again if its tab is closed. */
const CLOSED_MS = 50;

interface Application {
  readonly name: string;
  readonly tab: SimulatedHost;
  readonly key: string;
  answered: number;
}

/** The world and the tabs in which the applications run. */
export interface Scene {
  readonly world: World;
  readonly random: Random;
  readonly clientTabs: readonly SimulatedHost[];
  readonly servers: readonly SimulatedHost[];
  call(tab: SimulatedHost, process: string, input: KeyValueInput, done: (isDone: boolean) => void): void;
}

export class Applications {
  readonly #stage: Scene;
  readonly #keys: KeyChoice;
  readonly #valueBytes: number;
  readonly #all: readonly Application[];
  #lastValue = 0;
  #isStopped = false;

  /** Starts all applications at once. They are placed in the tabs of clients first, then in those of servers. */
  constructor(stage: Scene, count: number, keys: KeyChoice, valueBytes = 0) {
    this.#stage = stage;
    this.#keys = keys;
    this.#valueBytes = valueBytes;
    const tabs = [...stage.clientTabs, ...stage.servers];
    this.#all = Array.from({ length: count }, (_, at) => {
      const tab = existing(tabs[at % tabs.length]);
      return {
        name: `application ${at + 1} in ${tab.name}`,
        tab,
        key: keys === 'one' ? 'one' : `own/${at}`,
        answered: 0,
      };
    });
    for (const application of this.#all) this.#run(application);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** By application: the number of its calls that got a result. */
  get answered(): readonly number[] {
    return this.#all.map(({ answered }) => answered);
  }

  /** Waits until every application has got `further` more results. */
  allGo(further: number, withinMs: number): void {
    const goals = this.answered.map((answered) => answered + further);
    const areThere = (): boolean => this.answered.every((answered, at) => answered >= (goals[at] ?? 0));
    this.#stage.world.runUntil(areThere, withinMs, `${further} results for every application`);
  }

  #run(application: Application): void {
    if (this.#isStopped) return;
    const { tab, name } = application;
    const { timeline } = this.#stage.world;
    if (!tab.isReady) {
      timeline.after(CLOSED_MS, () => this.#run(application));
      return;
    }
    this.#stage.call(tab, name, this.#draw(application), (isDone) => {
      if (isDone) application.answered++;
      timeline.after(this.#stage.random.exponential(PAUSE_MS), () => this.#run(application));
    });
  }

  #draw(application: Application): KeyValueInput {
    const { random } = this.#stage;
    const isRandom = this.#keys === 'random';
    const key = isRandom ? existing(random.pick(this.#all)).key : application.key;
    const dice = random.next();
    if (dice < 0.5) return { kind: 'get', key };
    const value = `${(++this.#lastValue).toString(36)}.`.padEnd(this.#valueBytes, '-');
    // A key whose appends are checked at the end gets no puts, because a put would remove the appended values.
    return isRandom && dice < 0.6 ? { kind: 'put', key, value } : { kind: 'append', key, value };
  }
}
