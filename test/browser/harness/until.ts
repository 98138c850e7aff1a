/** Waits for conditions, and never for a fixed time. */
export interface Patience {
  /** Longest time to wait. Default: 15 s. */
  readonly timeoutMs?: number;
  /** Default: a tenth of the time so far, within bounds. A look at a page takes processor time from the awaited event. */
  readonly intervalMs?: number;
}

const SHORTEST_INTERVAL_MS = 20;
const LONGEST_INTERVAL_MS = 250;

/**
 * Evaluates the condition repeatedly until its value is neither `undefined` nor `false`, and returns the value. An
 * exception also leads to another attempt, because pages navigate and browsers start.
 */
export async function until<Value>(
  what: string,
  condition: () => Promise<Value | undefined | false> | Value | undefined | false,
  { timeoutMs = 15_000, intervalMs }: Patience = {},
): Promise<Value> {
  const beganMs = performance.now();
  const deadlineMs = beganMs + timeoutMs;
  for (;;) {
    let failure: unknown;
    try {
      const value = await withinMs(condition(), deadlineMs - performance.now());
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= deadlineMs) {
      throw new Error(`Not within ${timeoutMs} ms: ${what}`, failure === undefined ? {} : { cause: failure });
    }
    await sleep(intervalMs ?? growingIntervalMs(performance.now() - beganMs));
  }
}

function growingIntervalMs(passedMs: number): number {
  return Math.min(Math.max(passedMs / 10, SHORTEST_INTERVAL_MS), LONGEST_INTERVAL_MS);
}

/** Rejects if the value takes longer than `limitMs`. A stopped page or a dead browser may never answer. */
export async function withinMs<Value>(value: Promise<Value> | Value, limitMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${Math.round(limitMs)} ms`)), Math.max(0, limitMs));
  });
  try {
    return await Promise.race([value, expired]);
  } finally {
    clearTimeout(timer);
  }
}

export function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
