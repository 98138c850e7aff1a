/** A tab with an open store. A test uses the store as an application does. */
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
import { type Patience, until } from './until.ts';

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

/** A server of the test pages, for example `ServerProcess`. */
export interface Served {
  readonly origin: string;
}

export interface StoreTabOptions {
  /** The secret of the invite link. Default: the tab founds a cluster, or rejoins the last one of its device. */
  readonly secret?: string;
  readonly adoption?: 'on' | 'off';
  /** The thread that sends frames into data channels. Default: the worker. */
  readonly frames?: 'worker' | 'page';
  /** Algorithm of a cluster that the tab founds. Default: Raft. */
  readonly algorithm?: string;
  /** Number of radiants in a founding. Default: three, so that the cluster survives the loss of one. */
  readonly radiants?: number;
  /** Number of orders in a founding. Default: as many as can have all voters. */
  readonly orders?: number;
  readonly shards?: number;
  /** `own`: the tab gets a profile of its own, which ends with the browser. Default: the browser's profile. */
  readonly profile?: 'own';
  /** `client`: the tab has no replicas. */
  readonly role?: 'client';
  /** Times that differ from the defaults. All tabs of a cluster need the same times. */
  readonly times?: TimesChoice;
}

declare global {
  /** The page `store.html` sets this variable. */
  var storePage: StorePage | undefined;
  /** The worker of `store.html` sets this variable. */
  var haltAt: ((step: Step) => void) | undefined;
  /** The worker of `store.html` sets this variable. */
  var hangDisk: (() => void) | undefined;
  var recoverDisk: (() => void) | undefined;
}

export class StoreTab {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Device, server: Served, options: StoreTabOptions = {}): Promise<StoreTab> {
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

  /** Reloads the page. Resolves once the page opens its store again, which can be later than its `load` event. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#opensStore();
  }

  async #opensStore(): Promise<void> {
    await until('the page has begun to open the store', () =>
      this.page.evaluate(() => globalThis.storePage !== undefined),
    );
  }

  /** Reads a key. @throws {StoreFailure} if the store refuses the call */
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

  /** Closes the store. The page stays open. */
  async close(): Promise<void> {
    await this.#call({ kind: 'close' });
  }

  /** Leaves the cluster for good. The page stays open. */
  async leave(): Promise<void> {
    await this.#call({ kind: 'leave' });
  }

  async move(slot: number, order: string): Promise<Configuration> {
    return configurationIn(await this.#call({ kind: 'move', slot, order }));
  }

  /** Fractures the shard of this slot, so that a shard begins at the slot. */
  async fracture(slot: number): Promise<Configuration> {
    return configurationIn(await this.#call({ kind: 'fracture', slot }));
  }

  /** Consolidates the shard that begins at this slot with the one before it. */
  async consolidate(slot: number): Promise<Configuration> {
    return configurationIn(await this.#call({ kind: 'consolidate', slot }));
  }

  async configuration(): Promise<Configuration> {
    return configurationIn(await this.#call({ kind: 'configuration' }));
  }

  async transactions(): Promise<readonly SeenTransaction[]> {
    // oxlint-disable-next-line typescript/no-unsafe-return -- the worker decides the type
    return await this.#worker().evaluate((): readonly SeenTransaction[] => Reflect.get(globalThis, 'transactionsSeen'));
  }

  /** Makes the worker halt forever when it meets the step. */
  async haltAt(step: Step): Promise<void> {
    await this.#worker().evaluate((at) => globalThis.haltAt?.(at), step);
  }

  /** Makes all further transactions of this tab hang. */
  async hangDisk(): Promise<void> {
    await this.#worker().evaluate(() => globalThis.hangDisk?.());
  }

  /** Completes the transactions that hang. */
  async recoverDisk(): Promise<void> {
    await this.#worker().evaluate(() => globalThis.recoverDisk?.());
  }

  async hasHalted(): Promise<boolean> {
    return await this.page.evaluate(() => globalThis.storePage?.hasHalted === true);
  }

  /** Crashes the tab's process, as `kill -9` does. The tab then sends and writes nothing. */
  async crash(): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page);
    const crashed = this.page.waitForEvent('crash');
    // The command never gets an answer, because the process ends.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await this.page.close();
  }

  /** Terminates the newest worker without notice to its page. */
  async terminateWorker(): Promise<void> {
    await this.page.evaluate(() => globalThis.storePage?.workers.at(-1)?.terminate());
  }

  async workersMade(): Promise<number> {
    return await this.page.evaluate(() => globalThis.storePage?.workers.length ?? 0);
  }

  #worker(): Worker {
    const [worker] = this.page.workers();
    if (worker === undefined) throw new Error('This tab has no worker.');
    return worker;
  }

  /** Makes a call of the store in the page. @throws {StoreFailure} if the store refuses the call */
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
