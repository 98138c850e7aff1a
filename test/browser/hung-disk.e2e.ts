import { formThreeTabs, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { until } from './harness/until.ts';

const RESUME_LIMIT_MS = 5_000;

test("when the herald's disk hangs, other tabs write within seconds, and the herald's tab reports it and recovers", async ({
  world,
}) => {
  const { tabs } = await formThreeTabs(world);
  const { herald, followers } = await roles(tabs);
  const hung = tabs[herald];
  const others = followers.map((at) => tabs[at]);
  await others[0]?.put('key', 'before');
  const before = await hung.radiant();

  await hung.hangDisk();
  const startMs = performance.now();
  await Promise.all(others.map((tab, at) => tab.put(`during ${at}`, 'value')));
  const resumedMs = performance.now() - startMs;
  console.log(`the herald's disk hangs: other tabs wrote after ${resumedMs.toFixed(0)} ms`);
  expect(resumedMs).toBeLessThanOrEqual(RESUME_LIMIT_MS);
  await until('the tab reports STORAGE_HUNG', async () =>
    (await hung.view()).problems.some(({ code }) => code === 'STORAGE_HUNG'),
  );
  await expect(hung.put('refused', 'value')).rejects.toMatchObject({ code: 'STORAGE_HUNG', effect: 'none' });

  await hung.recoverDisk();
  const after = await until('a new boot of the same radiant runs', async () => {
    const { radiants, problems } = await hung.view();
    return problems.length === 0 && radiants[0]?.boot !== before.boot && radiants[0];
  });
  expect(after.radiant).toBe(before.radiant);
  expect(await hung.get('key')).toBe('before');
  expect(await hung.get('during 0')).toBe('value');
});
