import { formThreeBrowsers, roles } from './harness/cluster.ts';
import { expect, test } from './harness/fixtures.ts';
import { until } from './harness/until.ts';

test('a formed cluster reads and writes after a kill of the signaling server, and after a kill of the herald', async ({
  world,
}) => {
  const { pages, signaling } = await world.startServersApart();
  const { tabs, browsers } = await formThreeBrowsers(world, { server: pages });
  const { herald, followers } = await roles(tabs);
  const [one, other] = [tabs[followers[0]], tabs[followers[1]]];
  await signaling.kill();
  await until(
    'the tab notices the loss of the signaling server',
    async () => (await one.view()).signaling !== 'connected',
  );
  await one.put('key', 'without signaling');
  expect(await other.get('key')).toBe('without signaling');

  await browsers[herald].kill();
  const killedMs = performance.now();
  await one.put('key', 'without herald');
  console.log(
    `without signaling the herald was killed: next put after ${(performance.now() - killedMs).toFixed(0)} ms`,
  );
  expect(await other.get('key')).toBe('without herald');
  await until(
    'the tab reports that signaling is unreachable',
    async () => (await one.view()).signaling === 'unreachable',
  );
});
