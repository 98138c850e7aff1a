/**
 * A tab dies at one kind of entry of a transaction across two orders, right after it has flushed the entry. The
 * transaction still takes effect in both orders or in none, and no lock is left.
 */
import type { OrderView } from '../../src/radiant/contract.ts';
import { slotOfKey } from '../../src/store/key.ts';
import { expect, test } from './harness/fixtures.ts';
import { LONG, untilSettled } from './harness/settled.ts';
import { StoreTab } from './harness/store-tab.ts';
import { until } from './harness/until.ts';
import type { Written } from './pages/halts.ts';

const MEMBERS = 6;
const OLD = 'old';
const NEW = 'new';
/** The values that the keys may have after each answer. After any other answer, both are right. */
const VALUES_AFTER: Readonly<Record<string, readonly string[]>> = { committed: [NEW], none: [OLD] };

interface Case {
  /** The tab that dies. The client is a member of the order, so its own disk meets the entry as well. */
  readonly role: 'client' | 'herald';
  /** The order whose log has the entry. */
  readonly order: 'deciding' | 'preparing';
  readonly written: Written;
}

const CASES: readonly Case[] = (['client', 'herald'] as const).flatMap((role) => [
  { role, order: 'preparing', written: 'prepare' },
  { role, order: 'deciding', written: 'commit' },
  { role, order: 'preparing', written: 'performed' },
  { role, order: 'deciding', written: 'forgotten' },
]);

for (const { role, order, written } of CASES) {
  const isInGate = role === 'herald' && written === 'commit';
  const who = role === 'client' ? 'client' : `herald of the ${order} order`;
  test(`a transaction across orders survives a kill of the ${who} at the entry "${written}"`, {
    tag: isInGate ? [] : ['@full'],
  }, async ({ world }) => {
    test.setTimeout(180_000);
    const server = await world.server();
    const device = await world.openDevice();
    const options = { radiants: MEMBERS, profile: 'own' } as const;
    const founder = await StoreTab.open(device, server, { ...options, orders: 2, shards: 2 });
    const secret = await founder.secret();
    const others = Array.from({ length: MEMBERS - 1 }, () => StoreTab.open(device, server, { ...options, secret }));
    const tabs = [founder, ...(await Promise.all(others))];
    await untilSettled(founder, MEMBERS);
    const { orders } = await founder.configuration();
    const [deciding, preparing] = orders;
    if (deciding === undefined || preparing === undefined) throw new Error('The cluster has two orders.');
    // The order with most keys decides.
    const keys = [...keysIn(deciding.shards, 2), ...keysIn(preparing.shards, 1)];
    for (const key of keys) await founder.put(key, OLD);

    const wanted = order === 'deciding' ? deciding.id : preparing.id;
    const leading = await tabWith(tabs, wanted, true);
    const following = await tabWith(tabs, wanted, false);
    const victim = role === 'herald' ? leading : following;
    const caller = role === 'herald' ? following : victim;
    await victim.haltAt({ written, side: 'after' });
    const outcome = commitIn(caller, keys).catch(() => 'the tab is gone');
    await until('the tab has halted', () => victim.hasHalted(), LONG);
    await victim.crash();
    const living = tabs.filter((tab) => tab !== victim);
    const witness = living.find((tab) => tab !== caller) ?? founder;
    const answer = await outcome;
    const values = await until('all keys are readable', () => readAtOnePoint(witness, keys), LONG);
    console.log(`the client got ${answer}, and the keys are ${values.join(', ')}`);
    expect(new Set(values).size).toBe(1);
    expect(VALUES_AFTER[answer] ?? [OLD, NEW]).toContain(values[0]);
    await until(
      'no lock is left',
      async () => (await Promise.all(living.map(openTransactions))).every((n) => n === 0),
      LONG,
    );
  });
}

function keysIn(
  shards: readonly { readonly first: number; readonly last: number }[],
  count: number,
): readonly string[] {
  const keys = Array.from({ length: 200 }, (_, at) => `key/${at}`);
  const isInside = (key: string): boolean => {
    const slot = slotOfKey(new TextEncoder().encode(key));
    return shards.some(({ first, last }) => first <= slot && slot <= last);
  };
  return keys.filter(isInside).slice(0, count);
}

async function tabWith(tabs: readonly StoreTab[], order: string, isLeader: boolean): Promise<StoreTab> {
  return await until(
    `a tab ${isLeader ? 'leads' : 'follows in'} the order`,
    async () => {
      for (const tab of tabs) {
        const replica = replicaIn((await tab.radiant()).orders, order);
        if (replica !== undefined && (replica.role === 'leader') === isLeader) return tab;
      }
      return undefined;
    },
    LONG,
  );
}

function replicaIn(orders: readonly OrderView[], order: string): OrderView['replica'] {
  return orders.find((view) => view.order === order)?.replica;
}

/** Puts all keys in one transaction. @returns `committed`, or the effect of the error */
async function commitIn({ page }: StoreTab, keys: readonly string[]): Promise<string> {
  return await page.evaluate(
    async ([written, value]) => {
      const store = await globalThis.storePage?.store;
      if (store === undefined) throw new Error('This page opens no store.');
      const transaction = store.atomic();
      for (const key of written) transaction.put(key, value);
      try {
        return (await transaction.commit()).ok ? 'committed' : 'rejected';
      } catch (error) {
        return String(Reflect.get(Object(error), 'effect'));
      }
    },
    [keys, NEW] as const,
  );
}

/** Reads the keys in a transaction. Undefined: the read failed, because a tab had just been killed. */
async function readAtOnePoint({ page }: StoreTab, keys: readonly string[]) {
  return await page.evaluate(async (read) => {
    const store = await globalThis.storePage?.store;
    try {
      return await store?.transact(async (tx) => await Promise.all(read.map((key) => tx.get(key))));
    } catch {
      return undefined;
    }
  }, keys);
}

async function openTransactions(tab: StoreTab): Promise<number> {
  const { orders } = await tab.radiant();
  return orders.reduce((sum, { replica }) => sum + (replica?.openTransactions ?? 0), 0);
}
