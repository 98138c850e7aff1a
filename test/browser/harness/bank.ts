/** A bank whose accounts are in all orders. Transfers keep the sum of all accounts. */
import type { StoreTab } from './store-tab.ts';

export const ACCOUNTS = 12;
export const FIRST_BALANCE = 100;

export async function openAccounts({ page }: StoreTab): Promise<void> {
  await page.evaluate(
    async ([accounts, balance]) => {
      const store = await globalThis.storePage?.store;
      if (store === undefined) throw new Error('This page opens no store.');
      const numbers = Array.from({ length: accounts }, (_, at) => at);
      await Promise.all(numbers.map((at) => store.put(`account/${at}`, balance, { encoding: 'json' })));
    },
    [ACCOUNTS, FIRST_BALANCE] as const,
  );
}

/** Transfers money between two accounts at a time, until the page ends. */
export async function startTransfers({ page }: StoreTab): Promise<void> {
  await page.evaluate(async (accounts) => {
    const store = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('This page opens no store.');
    const json = { encoding: 'json' } as const;
    globalThis.bank = { transfers: 0, failures: {} };
    const { bank } = globalThis;
    const transfer = async (): Promise<void> => {
      const from = Math.floor(Math.random() * accounts);
      const to = (from + 1 + Math.floor(Math.random() * (accounts - 1))) % accounts;
      const [source, target] = [`account/${from}`, `account/${to}`];
      await store.transact(async (tx) => {
        const [less, more] = await Promise.all([tx.get(source, json), tx.get(target, json)]);
        tx.put(source, Number(less) - 1, json);
        tx.put(target, Number(more) + 1, json);
      });
    };
    const run = async (): Promise<never> => {
      for (;;) {
        try {
          await transfer();
          bank.transfers += 1;
        } catch (error) {
          const code = String(Reflect.get(Object(error), 'code'));
          bank.failures[code] = (bank.failures[code] ?? 0) + 1;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    };
    void run();
  }, ACCOUNTS);
}

/** Lists all accounts at one point. Undefined: the list failed, because tabs had just been killed. */
export async function readBank({ page }: StoreTab): Promise<readonly number[] | undefined> {
  return await page.evaluate(async () => {
    const store = await globalThis.storePage?.store;
    if (store === undefined) throw new Error('This page opens no store.');
    try {
      const balances: number[] = [];
      for await (const { value } of store.list({ prefix: 'account/', snapshot: true, encoding: 'json' })) {
        balances.push(Number(value));
      }
      return balances;
    } catch {
      return undefined;
    }
  });
}

export async function transfersOf({ page }: StoreTab): Promise<number> {
  return await page.evaluate(() => globalThis.bank?.transfers ?? 0);
}

declare global {
  /** Set in a page that transfers money. */
  var bank: { transfers: number; readonly failures: Record<string, number> } | undefined;
}
