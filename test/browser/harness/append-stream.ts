/**
 * A stream of appends with unique tokens from one or several tabs. It records the outcome of each append. All times are
 * of this process, so that kills and acknowledgements are comparable.
 */
import { StoreFailure, type StoreTab } from './store-tab.ts';
import { sleep, until } from './until.ts';

export interface StreamOptions {
  readonly tabs: readonly StoreTab[];
  /** Keys to append to. Each tab appends to each key, one token at a time. */
  readonly keys: readonly string[];
  /** The wait after each append. A stream without waits uses all processors. Default: 0. */
  readonly pauseMs?: number;
}

interface Append {
  readonly token: string;
  readonly key: string;
  readonly tab: StoreTab;
  readonly startedMs: number;
  /** The outcome. Undefined: the append is under way, or its browser was killed. */
  ending?: { readonly atMs: number; readonly failure: StoreFailure | undefined };
}

let lastStream = 0;

export class AppendStream {
  readonly #appends: Append[] = [];
  readonly #lanes: Promise<void>[];
  readonly #number = ++lastStream;
  readonly #pauseMs: number;
  #acknowledged = 0;
  #stopped = false;

  constructor({ tabs, keys, pauseMs = 0 }: StreamOptions) {
    this.#pauseMs = pauseMs;
    this.#lanes = tabs.flatMap((tab, tabAt) => keys.map((key) => this.#run(tab, tabAt, key)));
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get started(): number {
    return this.#appends.length;
  }

  /** Number of failed appends by error code. */
  get failures(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { ending } of this.#appends) {
      const code = ending?.failure?.code;
      if (code !== undefined) counts[code] = (counts[code] ?? 0) + 1;
    }
    return counts;
  }

  async untilAcknowledged(count: number, timeoutMs = 40_000): Promise<void> {
    await until(`${count} appends are acknowledged`, () => this.acknowledged >= count, { timeoutMs, intervalMs: 5 });
  }

  /** Stops new appends, and waits for those under way. The appends of a killed browser end with it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#lanes);
  }

  /** Longest time in which the tab got no acknowledgement, from the last one before `sinceMs` on. */
  longestGapMs(tab: StoreTab, sinceMs: number): number {
    const times = this.#appends
      .flatMap((append) => (append.tab === tab && isAcknowledged(append) ? [append.ending?.atMs ?? 0] : []))
      .toSorted((one, other) => one - other);
    const first = Math.max(
      0,
      times.findLastIndex((atMs) => atMs <= sinceMs),
    );
    const gaps = times.slice(first + 1).map((atMs, at) => atMs - (times[first + at] ?? atMs));
    if (gaps.length === 0) return Number.POSITIVE_INFINITY;
    return Math.max(...gaps);
  }

  /**
   * Descriptions of the faults in the current values. A correct value contains every acknowledged token exactly once,
   * and every other token at most once. It contains no token that was refused without effect, and nothing else.
   */
  static faultsIn(
    streams: readonly AppendStream[],
    values: ReadonlyMap<string, string | undefined>,
  ): readonly string[] {
    const faults: string[] = [];
    const appends = streams.flatMap((stream) => stream.#appends);
    const known = new Map(appends.map((append) => [append.token, append]));
    const found = new Map<string, number>();
    for (const [key, value = ''] of values) {
      for (const token of value.split(';').slice(0, -1)) {
        found.set(token, (found.get(token) ?? 0) + 1);
        if (known.get(token)?.key !== key) faults.push(`${token} does not belong to ${key}`);
      }
    }
    for (const append of appends) {
      const times = found.get(append.token) ?? 0;
      const [least, most] = boundsOf(append);
      if (times < least || times > most) faults.push(`${append.token} is there ${times} times, ${describe(append)}`);
    }
    return faults;
  }

  faultsIn(values: ReadonlyMap<string, string | undefined>): readonly string[] {
    return AppendStream.faultsIn([this], values);
  }

  async #run(tab: StoreTab, tabAt: number, key: string): Promise<void> {
    for (let number = 1; !this.#stopped; number++) {
      const token = `${this.#number}.${tabAt}.${key}.${number}`;
      const append: Append = { token, key, tab, startedMs: performance.now() };
      this.#appends.push(append);
      try {
        await tab.append(key, `${token};`);
        append.ending = { atMs: performance.now(), failure: undefined };
        this.#acknowledged++;
      } catch (error) {
        // An error of any other class means that the browser has ended.
        if (!(error instanceof StoreFailure)) return;
        append.ending = { atMs: performance.now(), failure: error };
      }
      if (this.#pauseMs > 0) await sleep(this.#pauseMs);
    }
  }
}

/** The least and the largest number of times that the token may occur. */
function boundsOf(append: Append): readonly [number, number] {
  if (isAcknowledged(append)) return [1, 1];
  return [0, append.ending?.failure?.effect === 'none' ? 0 : 1];
}

function isAcknowledged({ ending }: Append): boolean {
  return ending !== undefined && ending.failure === undefined;
}

function describe({ ending }: Append): string {
  if (ending === undefined) return 'not answered';
  return ending.failure?.code ?? 'acknowledged';
}

/** The values of the keys, as one tab reads them. */
export async function readAll(
  tab: StoreTab,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string | undefined>> {
  return new Map(await Promise.all(keys.map(async (key) => [key, await tab.get(key)] as const)));
}
