/** Latency of single calls of an application in the page. */
import type { ConsoleTab } from '../browser/harness/console-tab.ts';

export interface CallPlan {
  readonly method: 'get' | 'put';
  readonly count: number;
  readonly bytes: number;
}

const WARM_UP = 100;
const KEYS = 64;

/** The durations of sequential calls in milliseconds, measured in the page. */
export async function measureCalls(tab: ConsoleTab, plan: CallPlan): Promise<readonly number[]> {
  return await tab.page.evaluate(
    async ({ method, count, bytes, warmUp, keys }) => {
      const store = window.shardbearer;
      if (store === undefined) throw new Error('The store is not open.');
      const value = 'v'.repeat(bytes);
      const samples: number[] = [];
      for (let at = -warmUp; at < count; at++) {
        const key = `bench/${(at + warmUp) % keys}`;
        const startMs = performance.now();
        await (method === 'put' ? store.put(key, value) : store.get(key));
        if (at >= 0) samples.push(performance.now() - startMs);
      }
      return samples;
    },
    { ...plan, warmUp: WARM_UP, keys: KEYS },
  );
}
