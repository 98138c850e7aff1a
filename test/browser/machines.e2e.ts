import { expect, test } from './harness/fixtures.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

const TICKETS_IN_TAB = 50;

/** Takes tickets at once. @returns the numbers of the tickets */
async function takeTickets({ page }: StoreTab, name: string): Promise<number[]> {
  return await page.evaluate(
    async ([person, count]) => {
      const opened = globalThis.storePage;
      if (opened === undefined) throw new Error('This page opens no store.');
      const desk = (await opened.store).machine(opened.tickets, 'desk/1');
      const taken = Array.from({ length: count }, () => desk.apply({ kind: 'take', person }));
      return (await Promise.all(taken)).map((ticket) => ticket?.number ?? 0);
    },
    [name, TICKETS_IN_TAB] as const,
  );
}

async function waitingAt({ page }: StoreTab): Promise<unknown> {
  return await page.evaluate(async () => {
    const opened = globalThis.storePage;
    if (opened === undefined) throw new Error('This page opens no store.');
    return await (await opened.store).machine(opened.tickets, 'desk/1').read({ kind: 'length' });
  });
}

test('three tabs take tickets at once, each number is given once, and the queue survives a crash of the herald', async ({
  world,
}) => {
  test.setTimeout(120_000);
  const server = await world.server();
  const device = await world.openDevice();
  const first = await StoreTab.open(device, server, { profile: 'own' });
  const secret = await first.secret();
  const others = [1, 2].map(() => StoreTab.open(device, server, { secret, profile: 'own' }));
  const tabs = [first, ...(await Promise.all(others))];
  await Promise.all(tabs.map((tab) => tab.ready()));
  const beganMs = performance.now();
  const numbers = (await Promise.all(tabs.map((tab, at) => takeTickets(tab, `tab ${at}`)))).flat();
  console.log(`${numbers.length} tickets took ${Math.round(performance.now() - beganMs)} ms`);
  const all = Array.from({ length: tabs.length * TICKETS_IN_TAB }, (_, at) => at + 1);
  expect(numbers.toSorted((one, other) => one - other)).toEqual(all);
  for (const tab of tabs) expect(await waitingAt(tab)).toBe(all.length);
  const served = await first.page.evaluate(async () => {
    const opened = globalThis.storePage;
    if (opened === undefined) throw new Error('This page opens no store.');
    const desk = (await opened.store).machine(opened.tickets, 'desk/1');
    const refusal = await desk.apply({ kind: 'leave', number: 1_000 }).then(
      () => undefined,
      ({ code, message }: { readonly code: string; readonly message: string }) => `${code}: ${message}`,
    );
    return { next: await desk.apply({ kind: 'serve' }), refusal };
  });
  expect(served.next).toMatchObject({ number: 1 });
  expect(served.refusal).toBe('COMMAND_REFUSED: Ticket 1000 does not wait.');

  const herald = await until('a tab leads', async () => {
    for (const tab of tabs) if (await tab.isHerald()) return tab;
    return undefined;
  });
  await herald.crash();
  const living = tabs.filter((tab) => tab !== herald);
  for (const tab of living) expect(await waitingAt(tab)).toBe(all.length - 1);
  const later = (await Promise.all(living.map((tab) => takeTickets(tab, 'later')))).flat();
  expect(Math.min(...later)).toBe(all.length + 1);
  expect(new Set(later).size).toBe(2 * TICKETS_IN_TAB);
});
