/** A tab with an open store, driven from the test as an application drives it. */
import type { Page, Worker } from '@playwright/test';
import type { HostView } from '../../../src/hosts/contract.ts';
import type { RadiantView } from '../../../src/radiant/contract.ts';
import type { Configuration } from '../../../src/wire/configuration/configuration.ts';
import type { Step } from '../pages/halts.ts';
import type { StoreAnswer, StoreCall, StorePage } from '../pages/store-page.ts';
import type { SeenTransaction } from '../pages/transactions-seen.ts';
import type { Device } from './chromium-process.ts';
import type { Effect } from '../../../src/wire/errors.ts';
import type { TimesChoice } from '../../../src/wire/times.ts';
import type { ServerProcess } from './server-process.ts';
import { type Patience, until } from './until.ts';

/** What a call came to that the store refused. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
  readonly code: string;
  readonly effect: Effect;

  constructor(code: string, effect: Effect, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
    this.effect = effect;
  }
}

export interface StoreTabOptions {
  /** Of the invite link; none: founds a cluster, or takes part in this device's last one again. */
  readonly secret?: string;
  readonly adoption?: 'on' | 'off';
  /** How frames travel; default: by a channel in the worker. */
  readonly frames?: 'worker' | 'page';
  /** Of a cluster founded here; default: Raft. */
  readonly algorithm?: string;
  /** How many a cluster founded here begins with; default: three, so that it can lose one from the beginning. */
  readonly radiants?: number;
  /** How many orders a cluster founded here has; default: as many as can be full. */
  readonly orders?: number;
  /** Into how many shards a cluster founded here divides the ring. */
  readonly shards?: number;
  /** `own`: one that only this tab has, and that is gone with the browser. Default: the browser's. */
  readonly profile?: 'own';
  /** `client`: without data of its own. */
  readonly role?: 'client';
  /** Times of this tab that differ from the defaults. All tabs of a cluster need the same. */
  readonly times?: TimesChoice;
}

declare global {
  /** Set by the page `store.html`. */
  var storePage: StorePage | undefined;
  /** Set in the worker of that page. */
  var haltAt: ((step: Step) => void) | undefined;
  /** The same. */
  var hangDisk: (() => void) | undefined;
  var recoverDisk: (() => void) | undefined;
}

export class StoreTab {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Device, server: ServerProcess, options: StoreTabOptions = {}): Promise<StoreTab> {
    const address = new URL('/store.html', server.origin);
    if (options.adoption !== undefined) address.searchParams.set('adoption', options.adoption);
    if (options.frames !== undefined) address.searchParams.set('frames', options.frames);
    if (options.algorithm !== undefined) address.searchParams.set('algorithm', options.algorithm);
    if (options.orders !== undefined) address.searchParams.set('orders', String(options.orders));
    if (options.shards !== undefined) address.searchParams.set('shards', String(options.shards));
    if (options.role !== undefined) address.searchParams.set('role', options.role);
    if (options.times !== undefined) address.searchParams.set('times', JSON.stringify(options.times));
    address.searchParams.set('radiants', String(options.radiants ?? 3));
    if (options.secret !== undefined) address.hash = options.secret;
    const opening = options.profile === 'own' ? browser.openTabApart(address.href) : browser.openTab(address.href);
    const tab = new StoreTab(await opening);
    await tab.#opensStore();
    return tab;
  }

  /** Resolves once the page opens its store again, which can be later than its `load` event. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#opensStore();
  }

  async #opensStore(): Promise<void> {
    await until('the page has begun to open the store', () =>
      this.page.evaluate(() => globalThis.storePage !== undefined),
    );
  }

  /** @throws {StoreFailure} */
  async get(key: string): Promise<string | undefined> {
    return (await this.#call({ kind: 'get', key })).value;
  }

  async put(key: string, value: string): Promise<void> {
    await this.#call({ kind: 'put', key, value });
  }

  async append(key: string, value: string): Promise<void> {
    await this.#call({ kind: 'append', key, value });
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#call({ kind: 'delete', key })).existed === true;
  }

  /** Resolves once the cluster is formed and a herald is known. */
  async ready(): Promise<void> {
    await this.#call({ kind: 'ready' });
  }

  async secret(): Promise<string> {
    const { value } = await this.#call({ kind: 'secret' });
    if (value === undefined) throw new Error('The store has no secret.');
    return value;
  }

  async view(): Promise<HostView> {
    const { view } = await this.#call({ kind: 'view' });
    if (view === undefined) throw new Error('The store has no view.');
    return view;
  }

  /** This tab's own radiant. */
  async radiant(): Promise<RadiantView> {
    const [own] = (await this.view()).radiants;
    if (own === undefined) throw new Error('This tab has no radiant yet.');
    return own;
  }

  /** Whether this tab's own radiant leads the first order. */
  async isHerald(): Promise<boolean> {
    const own = await this.radiant();
    return own.orders[0]?.replica?.role === 'leader';
  }

  /** Says goodbye and lets go of the radiants; the page stays open. */
  async close(): Promise<void> {
    await this.#call({ kind: 'close' });
  }

  /** Leaves the cluster for good; the page stays open. */
  async leave(): Promise<void> {
    await this.#call({ kind: 'leave' });
  }

  /** The shard of this slot goes to this order. */
  async move(slot: number, order: string): Promise<Configuration> {
    return configurationIn(await this.#call({ kind: 'move', slot, order }));
  }

  /** A shard begins at this slot. */
  async fracture(slot: number): Promise<Configuration> {
    return configurationIn(await this.#call({ kind: 'fracture', slot }));
  }

  /** No shard begins at this slot any more. */
  async consolidate(slot: number): Promise<Configuration> {
    return configurationIn(await this.#call({ kind: 'consolidate', slot }));
  }

  /** The latest, as the bondsmith has it. */
  async configuration(): Promise<Configuration> {
    return configurationIn(await this.#call({ kind: 'configuration' }));
  }

  /** Every transaction that this tab's worker began. */
  async transactions(): Promise<readonly SeenTransaction[]> {
    // oxlint-disable-next-line typescript/no-unsafe-return -- the worker says what it is, no type can
    return await this.#worker().evaluate((): readonly SeenTransaction[] => Reflect.get(globalThis, 'transactionsSeen'));
  }

  /** The worker stops for ever when it comes to this step. */
  async haltAt(step: Step): Promise<void> {
    await this.#worker().evaluate((at) => globalThis.haltAt?.(at), step);
  }

  /** From now on no transaction of this tab completes. */
  async hangDisk(): Promise<void> {
    await this.#worker().evaluate(() => globalThis.hangDisk?.());
  }

  /** What hung completes. */
  async recoverDisk(): Promise<void> {
    await this.#worker().evaluate(() => globalThis.recoverDisk?.());
  }

  /** Whether the worker has come to the step where it was to stop. */
  async hasHalted(): Promise<boolean> {
    return await this.page.evaluate(() => globalThis.storePage?.hasHalted === true);
  }

  /** The tab's process dies, as by `kill -9`: nothing is said to anyone, and nothing more is written. */
  async crash(): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page);
    const crashed = this.page.waitForEvent('crash');
    // It is never answered.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await this.page.close();
  }

  /** Ends the newest worker under its page, silently. */
  async terminateWorker(): Promise<void> {
    await this.page.evaluate(() => globalThis.storePage?.workers.at(-1)?.terminate());
  }

  /** How many workers this page has made. */
  async workersMade(): Promise<number> {
    return await this.page.evaluate(() => globalThis.storePage?.workers.length ?? 0);
  }

  #worker(): Worker {
    const [worker] = this.page.workers();
    if (worker === undefined) throw new Error('This tab has no worker.');
    return worker;
  }

  /** @throws {StoreFailure} */
  async #call(call: StoreCall): Promise<StoreAnswer & { readonly kind: 'done' }> {
    const answer = await this.page.evaluate(async (asked) => await globalThis.storePage?.run(asked), call);
    if (answer === undefined) throw new Error('This page opens no store.');
    if (answer.kind === 'failed') throw new StoreFailure(answer.code, answer.effect, answer.message);
    return answer;
  }
}

function configurationIn({ configuration }: StoreAnswer & { readonly kind: 'done' }): Configuration {
  if (configuration === undefined) throw new Error('The store answered without a configuration.');
  return configuration;
}

/** Asks until one of the tabs leads. */
export async function findHerald(tabs: readonly StoreTab[], patience?: Patience): Promise<StoreTab> {
  return await until(
    'one of the tabs leads',
    async () => {
      for (const tab of tabs) if (await tab.isHerald()) return tab;
      return undefined;
    },
    patience,
  );
}
