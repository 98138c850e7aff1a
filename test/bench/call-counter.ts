/**
 * Counts the calls of functions of src/ in a page and its worker. It uses V8's precise coverage and the build's source
 * maps.
 */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, join } from 'node:path';
import type { CDPSession, Page } from '@playwright/test';
import { TEST_PAGES } from '../browser/harness/paths.ts';

export interface EnteredFunction {
  /** Path of the source file, relative to the repository. */
  readonly file: string;
  readonly name: string;
  readonly line: number;
  readonly calls: number;
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly startOffset: number; readonly count: number }[];
    }[];
  }[];
}

/** The profiler of one thread, which is a page or a worker. */
interface Thread {
  start(): Promise<void>;
  take(): Promise<Coverage>;
}

const PRECISE = { callCount: true, detailed: false };

export class CallCounter {
  readonly #threads: readonly Thread[];
  readonly #scripts = new Map<string, MappedScript | undefined>();

  private constructor(threads: readonly Thread[]) {
    this.#threads = threads;
  }

  static async attach(page: Page): Promise<CallCounter> {
    const session = await page.context().newCDPSession(page);
    const counter = new CallCounter([threadOfPage(session), await threadOfWorker(session)]);
    for (const thread of counter.#threads) await thread.start();
    return counter;
  }

  async reset(): Promise<void> {
    await this.entered();
  }

  /** By unique name: the functions entered since the last call. */
  async entered(): Promise<ReadonlyMap<string, EnteredFunction>> {
    const found = new Map<string, EnteredFunction>();
    for (const thread of this.#threads) {
      const { result } = await thread.take();
      for (const { url, functions } of result) {
        const script = this.#script(url);
        if (script === undefined) continue;
        for (const { functionName, ranges } of functions) {
          const [whole] = ranges;
          if (whole === undefined || whole.count === 0 || whole.startOffset === 0) continue;
          const place = script.find(functionName, whole.startOffset);
          if (place === undefined) continue;
          const id = `${place.file}:${place.line}:${place.name}`;
          found.set(id, { ...place, calls: whole.count + (found.get(id)?.calls ?? 0) });
        }
      }
    }
    return found;
  }

  #script(url: string): MappedScript | undefined {
    if (!this.#scripts.has(url)) this.#scripts.set(url, MappedScript.read(url));
    return this.#scripts.get(url);
  }
}

/** A script of the test pages, with its source map. */
class MappedScript {
  readonly #map: SourceMap;
  readonly #lineStarts: readonly number[];

  private constructor(code: string, map: SourceMap) {
    this.#map = map;
    this.#lineStarts = [0, ...Array.from(code.matchAll(/\n/gu), ({ index }) => index + 1)];
  }

  static read(url: string): MappedScript | undefined {
    if (!url.endsWith('.js')) return undefined;
    const path = join(TEST_PAGES, 'assets', basename(new URL(url).pathname));
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- the bundler wrote this source map
    const payload: ConstructorParameters<typeof SourceMap>[0] = JSON.parse(readFileSync(`${path}.map`, 'utf8'));
    return new MappedScript(readFileSync(path, 'utf8'), new SourceMap(payload));
  }

  find(name: string, offset: number): Omit<EnteredFunction, 'calls'> | undefined {
    const line = this.#lineStarts.findLastIndex((start) => start <= offset);
    const entry = this.#map.findEntry(line, offset - (this.#lineStarts[line] ?? 0));
    if (!('originalSource' in entry)) return undefined;
    // Source paths of workers and of pages are relative to different directories.
    const file = entry.originalSource.replace(/^(?:\.\.\/)+/u, '');
    if (!file.startsWith('src/')) return undefined;
    return { file, name: name === '' ? '(anonymous)' : name, line: entry.originalLine + 1 };
  }
}

function threadOfPage(page: CDPSession): Thread {
  return {
    start: async () => {
      await page.send('Profiler.enable');
      await page.send('Profiler.startPreciseCoverage', PRECISE);
    },
    take: () => page.send('Profiler.takePreciseCoverage'),
  };
}

/** A dedicated worker is a separate target. Its messages travel inside those of the page. */
async function threadOfWorker(page: CDPSession): Promise<Thread> {
  const waiting = new Map<number, (result: Coverage) => void>();
  page.on('Target.receivedMessageFromTarget', ({ message }) => {
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- the browser answers as the protocol says
    const { id, result }: { readonly id?: number; readonly result: Coverage } = JSON.parse(message);
    if (id !== undefined) waiting.get(id)?.(result);
  });
  const attached = new Promise<string>((resolve) => {
    page.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type === 'worker') resolve(sessionId);
    });
  });
  await page.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const sessionId = await attached;
  let lastId = 0;
  const send = async (method: string, params = {}): Promise<Coverage> => {
    const id = ++lastId;
    const answered = new Promise<Coverage>((resolve) => {
      waiting.set(id, resolve);
    });
    await page.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) });
    return await answered;
  };
  return {
    start: async () => {
      await send('Profiler.enable');
      await send('Profiler.startPreciseCoverage', PRECISE);
    },
    take: () => send('Profiler.takePreciseCoverage'),
  };
}
