import { expect, test } from './harness/fixtures.ts';
import { findHerald, StoreTab } from './harness/store-tab.ts';

for (const frames of ['worker', 'page'] as const) {
  test(`three tabs of one browser form a cluster and read each other's values (frames by the ${frames})`, async ({
    world,
  }) => {
    const server = await world.startServer();
    const browser = await world.startBrowser();
    const first = await StoreTab.open(browser, server, { frames });
    const secret = await first.secret();
    const others = [
      await StoreTab.open(browser, server, { secret, frames }),
      await StoreTab.open(browser, server, { secret, frames }),
    ];
    const tabs = [first, ...others];
    await Promise.all(tabs.map((tab) => tab.ready()));
    for (const [at, tab] of tabs.entries()) await tab.put(`from ${at}`, `value ${at}`);
    for (const tab of tabs) {
      expect(await Promise.all(tabs.map((_, at) => tab.get(`from ${at}`)))).toEqual(['value 0', 'value 1', 'value 2']);
      expect((await tab.view()).frames).toBe(frames);
    }
    await findHerald(tabs);
  });
}
