import { ACCOUNTS, FIRST_BALANCE, openAccounts, readBank, startTransfers, transfersOf } from './harness/bank.ts';
import { expect, test } from './harness/fixtures.ts';
import { LONG, untilSettled } from './harness/settled.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';

const ORDERS = 3;
const MEMBERS = 9;
const SNAPSHOTS = 200;
const KILLS = 6;
/** A killed tab is replaced soon, so that each order keeps a majority. */
const TIMES = { membership: { deadAfterMs: 4_000, promotionMs: 1_000, candidatePresenceMs: 500 } };

type RoleName = 'bondsmith' | 'herald' | 'follower';

test('transfers across three orders keep the sum in 200 snapshots, while tabs of every role are killed', {
  tag: '@full',
}, async ({ world }) => {
  test.setTimeout(900_000);
  const server = await world.server();
  const device = await world.openDevice();
  const options = { radiants: MEMBERS, profile: 'own', times: TIMES } as const;
  const founder = await StoreTab.open(device, server, { ...options, orders: ORDERS, shards: 2 * ORDERS });
  const secret = await founder.secret();
  const others = Array.from({ length: MEMBERS - 1 }, () => StoreTab.open(device, server, { ...options, secret }));
  let members = [founder, ...(await Promise.all(others))];
  // This tab has no replicas and is never killed.
  const auditor = await StoreTab.open(device, server, { ...options, secret, role: 'client' });
  await untilSettled(auditor, MEMBERS);
  await openAccounts(auditor);
  await Promise.all(members.map(startTransfers));

  const roles: readonly RoleName[] = ['herald', 'bondsmith', 'follower'];
  const killed: string[] = [];
  let transfers = 0;
  const snapshots: { readonly sum: number; readonly count: number }[] = [];
  let failed = 0;
  for (let kill = 0; kill < KILLS || snapshots.length < SNAPSHOTS; kill++) {
    const wanted = Math.min(SNAPSHOTS, Math.ceil(((kill + 1) * SNAPSHOTS) / KILLS));
    if (kill < KILLS) {
      const role = roles[kill % roles.length] ?? 'herald';
      const victim = await tabWith(role, members);
      transfers += await transfersOf(victim);
      members = members.filter((tab) => tab !== victim);
      await victim.crash();
      killed.push(role);
    }
    while (snapshots.length < wanted) {
      const balances = await readBank(auditor);
      if (balances === undefined) failed += 1;
      else snapshots.push({ sum: balances.reduce((sum, balance) => sum + balance, 0), count: balances.length });
    }
    if (kill >= KILLS) break;
    const successor = await StoreTab.open(device, server, { ...options, secret });
    members.push(successor);
    await untilSettled(auditor, MEMBERS);
    await startTransfers(successor);
  }
  for (const tab of members) transfers += await transfersOf(tab);
  console.log(
    `${transfers} transfers in nine tabs, ${snapshots.length} snapshots and ${failed} failed ones, ` +
      `after kills of ${killed.join(', ')}`,
  );
  expect(transfers).toBeGreaterThan(SNAPSHOTS);
  const right = { sum: ACCOUNTS * FIRST_BALANCE, count: ACCOUNTS };
  expect(snapshots.filter(({ sum, count }) => sum !== right.sum || count !== right.count)).toEqual([]);
});

/** A tab that has this role now. */
async function tabWith(role: RoleName, tabs: readonly StoreTab[]): Promise<StoreTab> {
  return await until(
    `a tab is ${role}`,
    async () => {
      for (const tab of tabs) {
        const { bondsmith, orders } = await tab.radiant();
        const isBondsmith = bondsmith?.replica?.role === 'leader';
        const isHerald = orders.some(({ replica }) => replica?.role === 'leader');
        const found = role === 'bondsmith' ? isBondsmith : role === 'herald' ? isHerald : !isBondsmith && !isHerald;
        if (found) return tab;
      }
      return undefined;
    },
    LONG,
  );
}
