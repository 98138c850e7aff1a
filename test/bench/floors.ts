/** The floors: the costs of the platform alone, measured between two of the browsers. */
import type { Page } from '@playwright/test';
import type { ChromiumProcess } from '../browser/harness/chromium-process.ts';
import type { ServerProcess } from '../browser/harness/server-process.ts';
import { until } from '../browser/harness/until.ts';
import type { FloorsPage } from '../browser/pages/floors-page.ts';

declare global {
  /** The page `floors.html` sets this variable. */
  var floors: FloorsPage | undefined;
}

export interface Floors {
  readonly roundTripsMs: readonly number[];
  readonly strictWritesMs: readonly number[];
}

const WARM_UP = 50;

export async function measureFloors(
  browsers: readonly [ChromiumProcess, ChromiumProcess],
  server: ServerProcess,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): Promise<Floors> {
  const [near, far] = await Promise.all([openPage(browsers[0], server), openPage(browsers[1], server)]);
  const offer = await near.evaluate(async () => await globalThis.floors?.offer());
  const answer = await far.evaluate(async (its) => await globalThis.floors?.answer(its ?? ''), offer);
  await near.evaluate(async (its) => await globalThis.floors?.accept(its ?? ''), answer);
  const size = [WARM_UP + count, bytes] as const;
  const roundTrips = await near.evaluate(async (its) => await globalThis.floors?.roundTrips(...its), size);
  const strictWrites = await near.evaluate(async (its) => await globalThis.floors?.strictWrites(...its), size);
  await Promise.all([near.close(), far.close()]);
  return { roundTripsMs: roundTrips?.slice(WARM_UP) ?? [], strictWritesMs: strictWrites?.slice(WARM_UP) ?? [] };
}

async function openPage(browser: ChromiumProcess, server: ServerProcess): Promise<Page> {
  const page = await browser.openTab(`${server.origin}/floors.html`);
  await until('the page can measure', () => page.evaluate(() => globalThis.floors !== undefined));
  return page;
}
