import { openThree } from './harness/console-tab.ts';
import { expect, test } from './harness/fixtures.ts';
import { until } from './harness/until.ts';

for (const [way, query, details] of [
  ['in the worker', '?radiants=3', {}],
  ['through the page', '?radiants=3&frames=page', { tag: '@full' }],
] as const) {
  test(`three tabs of the bare address form one cluster, with frames ${way}`, details, async ({ world }) => {
    const { origin } = await world.server();
    const browser = await world.openDevice();
    const tabs = await openThree(browser, `${origin}/${query}`);
    await Promise.all(tabs.map((tab) => tab.ready()));

    const secrets = await Promise.all(tabs.map((tab) => tab.page.evaluate(() => window.shardbearer?.secret)));
    expect(new Set(secrets).size).toBe(1);
    for (const tab of tabs) expect(new URL(tab.page.url()).hash).toBe(`#${secrets[0]}`);
    const views = await Promise.all(tabs.map((tab) => tab.view()));
    expect(new Set(views.map(({ radiants }) => radiants[0]?.cluster)).size).toBe(1);
    expect(views.map(({ frames }) => frames)).toEqual(Array(3).fill(way === 'in the worker' ? 'worker' : 'page'));

    for (const [at, tab] of tabs.entries()) await tab.put(`from-${at}`, `value ${at}`);
    for (const tab of tabs) {
      expect(await Promise.all([0, 1, 2].map((at) => tab.get(`from-${at}`)))).toEqual([
        'value 0',
        'value 1',
        'value 2',
      ]);
    }
    expect(await tabs[0].call('append', 'from-1', '!')).toMatchObject({ kind: 'done' });
    expect(await tabs[2].get('from-1')).toBe('value 1!');
    expect(await tabs[1].call('delete', 'from-1')).toEqual({ kind: 'done', value: true });
    expect(await tabs[0].get('from-1')).toBeUndefined();
    expect(await tabs[0].call('delete', 'from-1')).toEqual({ kind: 'done', value: false });
  });
}

test('a page notices that its worker ended, and the same radiant returns', async ({ world }) => {
  const { origin } = await world.server();
  const browser = await world.openDevice();
  const tabs = await openThree(browser, `${origin}/?radiants=3`);
  await Promise.all(tabs.map((tab) => tab.ready()));
  await tabs[0].put('before', 'the end');
  const radiant = await tabs[0].radiant();
  const boot = (await tabs[0].view()).radiants[0]?.boot;

  const [worker] = tabs[0].page.workers();
  // The worker is kept busy. It answers no call that arrives before it ends.
  await worker?.evaluate(() => {
    setTimeout(() => {
      const endMs = performance.now() + 500;
      while (performance.now() < endMs);
      globalThis.close();
    });
  });
  const underWay = await Promise.all([tabs[0].call('put', 'under way', 'value'), tabs[0].call('get', 'before')]);
  expect(underWay[0]).toMatchObject({ kind: 'failed', code: 'OUTCOME_UNKNOWN', name: 'OutcomeUnknownError' });
  expect(underWay[1]).toEqual({ kind: 'done', value: 'the end' });
  expect(await tabs[0].note('WORKER_DIED')).toContain('Another one is started.');
  await until('another boot of the same radiant runs', async () => {
    const own = (await tabs[0].view()).radiants[0];
    return own?.radiant === radiant && own.boot !== boot;
  });
  await tabs[0].waitForHeadline('In order');
  expect(await tabs[0].get('before')).toBe('the end');
  await tabs[0].put('after', 'it goes on');
  expect(await tabs[1].get('after')).toBe('it goes on');
});
