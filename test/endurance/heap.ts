/** Measures the live memory of a tab's worker and page after a garbage collection. */
import type { CDPSession, Page } from '@playwright/test';
import { sleep, until } from '../browser/harness/until.ts';

const LOOKS = 3;
const BETWEEN_LOOKS_MS = 200;

/** Live memory in bytes: script objects, browser objects, and array buffers. */
export interface HeapUse {
  readonly worker: number;
  readonly page: number;
}

interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize?: number;
  readonly backingStorageSize?: number;
}

/** Measures the heap of one tab. The watch is valid until the tab's worker ends. */
export class HeapWatch {
  readonly #session: CDPSession;
  readonly #worker: string;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #lastId = 0;

  private constructor(session: CDPSession, worker: string) {
    this.#session = session;
    this.#worker = worker;
    session.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
      if (sessionId === worker) this.#hear(message);
    });
  }

  static async of(page: Page): Promise<HeapWatch> {
    const session = await page.context().newCDPSession(page);
    const workers: string[] = [];
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type === 'worker') workers.push(sessionId);
    });
    // Playwright offers no session for a worker, so messages to the worker pass through the session of its page.
    await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
    const worker = await until('the tab has a worker', () => workers.at(-1));
    return new HeapWatch(session, worker);
  }

  /** The minimum of a few samples. It excludes the memory of writes and snapshots under way. */
  async look(): Promise<HeapUse> {
    let least: HeapUse = { worker: Number.POSITIVE_INFINITY, page: Number.POSITIVE_INFINITY };
    for (let looks = 0; looks < LOOKS; looks++) {
      if (looks > 0) await sleep(BETWEEN_LOOKS_MS);
      const { worker, page } = await this.#lookOnce();
      least = { worker: Math.min(least.worker, worker), page: Math.min(least.page, page) };
    }
    return least;
  }

  async #lookOnce(): Promise<HeapUse> {
    await this.#askWorker('HeapProfiler.collectGarbage');
    const worker = sizeOf(await this.#askWorker('Runtime.getHeapUsage'));
    await this.#session.send('HeapProfiler.collectGarbage');
    const page = sizeOf(await this.#session.send('Runtime.getHeapUsage'));
    return { worker, page };
  }

  async #askWorker(method: string): Promise<unknown> {
    const id = ++this.#lastId;
    const answered = new Promise<unknown>((resolve) => this.#waiting.set(id, resolve));
    await this.#session.send('Target.sendMessageToTarget', {
      sessionId: this.#worker,
      message: JSON.stringify({ id, method }),
    });
    return await answered;
  }

  #hear(message: string): void {
    const answer: unknown = JSON.parse(message);
    // A message without an id is an event, not an answer.
    if (typeof answer !== 'object' || answer === null || !('id' in answer) || typeof answer.id !== 'number') return;
    this.#waiting.get(answer.id)?.('result' in answer ? answer.result : undefined);
    this.#waiting.delete(answer.id);
  }
}

function sizeOf(answer: unknown): number {
  if (!isHeapUsage(answer)) throw new Error(`This is no heap usage: ${JSON.stringify(answer)}`);
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = answer;
  return usedSize + embedderHeapUsedSize + backingStorageSize;
}

function isHeapUsage(answer: unknown): answer is HeapUsage {
  return typeof answer === 'object' && answer !== null && 'usedSize' in answer && typeof answer.usedSize === 'number';
}
