import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../scripts/lock.mjs';

const LOCK = pathToFileURL('scripts/lock.mjs').href;
let directory: string;
let locks: string;
let journal: string;
let children: Contender[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shardbearer-lock-'));
  locks = join(directory, 'locks');
  journal = join(directory, 'journal');
  writeFileSync(journal, '');
  children = [];
});

afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()));
  rmSync(directory, { recursive: true });
});

test('one process at a time holds the lock', async () => {
  const contenders = Array.from({ length: 6 }, () => contend(20));
  await Promise.all(contenders.map((contender) => contender.ended));
  const entries = readFileSync(journal, 'utf8').trim().split('\n');
  expect(entries).toHaveLength(12);
  for (let at = 0; at < entries.length; at += 2) expect(entries[at + 1]).toBe(entries[at]?.replace('in', 'out'));
  expect(readdirSync(locks)).toHaveLength(1);
});

test('a waiting process names the holder', async () => {
  const holder = contend(60_000);
  await holder.entered();
  const second = contend(0);
  await expect.poll(() => second.output).toContain(`Process ${holder.pid} installs or builds here. Waiting for it`);
  await holder.kill();
  await second.ended;
});

test('a killed holder blocks no other process', async () => {
  const holder = contend(60_000);
  await holder.entered();
  await holder.kill();
  await expect(withLock(locks, () => Promise.resolve('mine'))).resolves.toBe('mine');
});

test('work that fails frees the lock', async () => {
  await expect(withLock(locks, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(withLock(locks, () => Promise.resolve('mine'))).resolves.toBe('mine');
});

test('work continues after its lock is deleted', async () => {
  const work = async (): Promise<string> => {
    rmSync(locks, { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    return 'done';
  };
  await expect(withLock(locks, work)).resolves.toBe('done');
});

test('a waiting process takes a deleted lock', async () => {
  const holder = contend(60_000);
  await holder.entered();
  const second = contend(0);
  await expect.poll(() => second.output).toContain('Waiting for it');
  rmSync(locks, { recursive: true });
  await second.ended;
  expect(readFileSync(journal, 'utf8')).toContain(`out ${second.pid}`);
});

test('only one of several processes replaces a dead holder', async () => {
  const holder = contend(60_000);
  await holder.entered();
  const waiting = Array.from({ length: 5 }, () => contend(20));
  await expect.poll(() => waiting.every((contender) => contender.output.includes('Waiting'))).toBe(true);
  await holder.kill();
  await Promise.all(waiting.map((contender) => contender.ended));
  const entries = readFileSync(journal, 'utf8').trim().split('\n').slice(1);
  expect(entries).toHaveLength(10);
  for (let at = 0; at < entries.length; at += 2) expect(entries[at + 1]).toBe(entries[at]?.replace('in', 'out'));
});

/** A process that takes the lock. It records when it gets the lock and when it releases it. */
class Contender {
  readonly #child: ChildProcess;
  readonly ended: Promise<void>;
  output = '';

  constructor(holdMs: number) {
    const script = `
      import { appendFileSync } from 'node:fs';
      import { withLock } from ${JSON.stringify(LOCK)};
      const note = (what) => appendFileSync(${JSON.stringify(journal)}, what + ' ' + process.pid + '\\n');
      await withLock(${JSON.stringify(locks)}, async () => {
        note('in');
        await new Promise((resolve) => setTimeout(resolve, ${holdMs}));
        note('out');
      });`;
    this.#child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const remember = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    this.#child.stdout?.on('data', remember);
    this.#child.stderr?.on('data', remember);
    this.ended = new Promise((resolve) => {
      this.#child.on('close', () => resolve());
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async entered(): Promise<void> {
    await expect.poll(() => readFileSync(journal, 'utf8')).toContain(`in ${this.pid}`);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }
}

function contend(holdMs: number): Contender {
  const child = new Contender(holdMs);
  children.push(child);
  return child;
}
