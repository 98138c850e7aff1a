import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BuildStore } from '../../scripts/build-store.mjs';

let directory: string;
let store: BuildStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'shardbearer-builds-'));
  store = new BuildStore(directory);
});

afterEach(() => rmSync(directory, { recursive: true }));

test('the same sources are built once', async () => {
  let made = 0;
  const make = (target: string): Promise<void> => {
    made++;
    return fill(target, 'one');
  };
  const first = await store.choose(() => 'one', make);
  expect(await store.choose(() => 'one', make)).toBe(first);
  expect(made).toBe(1);
  expect(store.current).toBe(first);
});

test('a build appears complete, and a failed build changes nothing', async () => {
  const first = await build('one');
  const broken = store.choose(
    () => 'two',
    async (target) => {
      await fill(target, 'half');
      expect(readdirSync(store.directory).filter((name) => !name.startsWith('.'))).toEqual(['one']);
      throw new Error('broken');
    },
  );
  await expect(broken).rejects.toThrow('broken');
  expect(store.current).toBe(first);
  expect(readFileSync(join(first, 'file'), 'utf8')).toBe('one');
  expect(readFileSync(join(await build('two'), 'file'), 'utf8')).toBe('two');
});

test('sources that change during their build are built again', async () => {
  const names = ['one', 'two', 'two', 'two'];
  const made: string[] = [];
  const chosen = await store.choose(
    () => names.shift() ?? 'two',
    (target) => {
      made.push(`build ${made.length + 1}`);
      return fill(target, made.join());
    },
  );
  expect(made).toHaveLength(2);
  expect(chosen).toBe(join(store.directory, 'two'));
  expect(readdirSync(store.directory)).toEqual(['two']);
});

test('some earlier builds are kept for the tabs that run them', async () => {
  for (let number = 1; number <= 9; number++) age(await build(`build${number}`), 100 - number);
  expect(readdirSync(store.directory).sort()).toEqual(['build5', 'build6', 'build7', 'build8', 'build9']);
});

test('an old build is kept while a running server uses it', async () => {
  const served = await build('served');
  const server = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { BuildStore } from ${JSON.stringify(pathToFileURL('scripts/build-store.mjs').href)};
     new BuildStore(${JSON.stringify(directory)}).lease(${JSON.stringify(served)});
     console.log('leased');
     setInterval(() => undefined, 1_000);`,
  ]);
  await new Promise((resolve) => server.stdout.once('data', resolve));
  age(served, 1_000);
  for (let number = 1; number <= 7; number++) age(await build(`build${number}`), 100 - number);
  expect(existsSync(served)).toBe(true);

  const ended = new Promise((resolve) => server.once('close', resolve));
  server.kill('SIGKILL');
  await ended;
  await build('last');
  expect(existsSync(served)).toBe(false);
});

function build(name: string): Promise<string> {
  return store.choose(
    () => name,
    (target) => fill(target, name),
  );
}

function fill(target: string, content: string): Promise<void> {
  writeFileSync(join(target, 'file'), content);
  return Promise.resolve();
}

function age(path: string, seconds: number): void {
  const then = new Date(Date.now() - seconds * 1_000);
  utimesSync(path, then, then);
}
