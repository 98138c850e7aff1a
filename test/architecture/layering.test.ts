import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { checkSources, MODULES, type Offence, ORDER_INSIDE, OTHER_FILES } from './rules.ts';
import type { SourceFile } from './source-file.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('the sources keep the rules of the codebase', () => {
  const sources = ['src', 'signaling', 'test']
    .filter((directory) => existsSync(join(ROOT, directory)))
    .flatMap(readSources);
  expect(sources.length).toBeGreaterThan(10);
  expect(checkSources(sources).map(describeOffence)).toEqual([]);
});

const planted: readonly {
  readonly what: string;
  readonly path: string;
  readonly text: string;
  readonly expected: string;
}[] = [
  {
    what: 'an import from a higher module',
    path: 'src/store/planted.ts',
    text: "import { createRadiant } from '../radiant/radiant.ts';\n",
    expected: 'src/store/planted.ts:1 layering: imports upwards, from src/radiant/radiant.ts',
  },
  {
    what: 'a type imported from a higher module',
    path: 'src/wire/planted.ts',
    text: "export type Above = import('../storage/contract.ts').Database;\n",
    expected: 'src/wire/planted.ts:1 layering: imports upwards, from src/storage/contract.ts',
  },
  {
    what: 'a re-export from a higher module',
    path: 'src/client/planted.ts',
    text: "\nexport * from '../hosts/contract.ts';\n",
    expected: 'src/client/planted.ts:2 layering: imports upwards, from src/hosts/contract.ts',
  },
  {
    what: 'an import from a higher folder inside a module',
    path: 'src/sim/world/planted.ts',
    text: "import { check } from '../checkers/manifest.ts';\n",
    expected:
      'src/sim/world/planted.ts:1 layering: imports upwards inside its module, from src/sim/checkers/manifest.ts',
  },
  {
    what: 'an import from a folder by a file directly in its module',
    path: 'src/wire/planted.ts',
    text: "import type { Frame } from './frames/frame.ts';\nexport type Seen = Frame;\n",
    expected: 'src/wire/planted.ts:1 layering: imports upwards inside its module, from src/wire/frames/frame.ts',
  },
  {
    what: 'a worker of a higher module',
    path: 'src/transport/planted.ts',
    text: "export const worker = new URL('../hosts/browser/worker.ts', import.meta.url);\n",
    expected: 'src/transport/planted.ts:1 layering: imports upwards, from src/hosts/browser/worker.ts',
  },
  {
    what: 'an import from the public entry',
    path: 'src/hosts/planted.ts',
    text: "import '../index.ts';\n",
    expected: 'src/hosts/planted.ts:1 layering: imports upwards, from src/index.ts',
  },
  {
    what: 'a file outside of every module',
    path: 'src/attic/planted.ts',
    text: 'export {};\n',
    expected: 'src/attic/planted.ts:1 layering: belongs to no module',
  },
  {
    what: 'an upward import inside consensus/raft',
    path: 'src/consensus/raft/log.ts',
    text: "import { step } from './step.ts';\nexport const take = step;\n",
    expected:
      'src/consensus/raft/log.ts:1 layering: imports upwards inside its module, from src/consensus/raft/step.ts',
  },
  {
    what: 'a file that the order of consensus/raft does not name',
    path: 'src/consensus/raft/planted.ts',
    text: 'export {};\n',
    expected: 'src/consensus/raft/planted.ts:1 layering: src/consensus/raft/planted.ts is missing in ORDER_INSIDE',
  },
  {
    what: 'the clock in a pure module',
    path: 'src/consensus/planted.ts',
    text: 'export const now = (): number => Date.now();\n',
    expected: 'src/consensus/planted.ts:1 purity: uses Date; it comes from the environment',
  },
  {
    what: 'randomness in the simulator',
    path: 'src/sim/planted.ts',
    text: 'export const dice = (): number => Math.max(1, Math.random());\n',
    expected: 'src/sim/planted.ts:1 purity: uses Math.random; it comes from the environment',
  },
  {
    what: 'a timer as a default of a parameter',
    path: 'src/cluster/planted.ts',
    text: 'export function later(start = setTimeout): void {\n  start(() => {}, 1);\n}\n',
    expected: 'src/cluster/planted.ts:1 purity: uses setTimeout; it comes from the environment',
  },
  {
    what: 'a global behind a cast',
    path: 'src/store/planted.ts',
    text: 'export const all = (globalThis as { crypto: unknown }).crypto;\n',
    expected: 'src/store/planted.ts:1 purity: uses globalThis; it comes from the environment',
  },
  {
    what: 'Node in a pure module',
    path: 'src/wire/planted.ts',
    text: "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
    expected: 'src/wire/planted.ts:1 purity: imports node:fs, which wire/ may not use',
  },
  {
    what: 'an asynchronous function in a pure module',
    path: 'src/store/planted.ts',
    text: 'export async function apply(): Promise<void> {}\n',
    expected: 'src/store/planted.ts:1 purity: is synchronous, and has async',
  },
  {
    what: 'a signaling server that knows frames',
    path: 'signaling/planted.ts',
    text: "import type { Frame } from '../src/wire/frames/frame.ts';\nexport type Seen = Frame;\n",
    expected:
      'signaling/planted.ts:1 signaling: imports src/wire/frames/frame.ts; signaling shares only the rendezvous schema',
  },
  {
    what: 'a module that imports the signaling server',
    path: 'src/hosts/planted.ts',
    text: "import '../../signaling/server.ts';\n",
    expected: 'src/hosts/planted.ts:1 signaling: imports the server, signaling/server.ts',
  },
  {
    what: 'a file that is too long',
    path: 'src/app/planted.ts',
    text: 'export {};\n'.repeat(501),
    expected: 'src/app/planted.ts:1 length: has 501 lines; the most is 500',
  },
  {
    what: 'a function that is too long',
    path: 'test/app/planted.test.ts',
    text: `\nexport function long(): void {\n${'  void 0;\n'.repeat(69)}}\n`,
    expected: 'test/app/planted.test.ts:2 length: function long has 71 lines; the most is 70',
  },
  {
    what: 'a name without a concept',
    path: 'src/store/planted-utils.ts',
    text: 'export {};\n',
    expected: 'src/store/planted-utils.ts:1 naming: is no name for a concept, in-kebab-case.ts',
  },
  {
    what: 'an abbreviation',
    path: 'src/store/planted.ts',
    text: 'export const read = ({ inner: [ctx] }: { inner: string[] }): unknown => ctx;\n',
    expected: 'src/store/planted.ts:1 naming: declares ctx: write the word out',
  },
  {
    what: 'an enum',
    path: 'src/store/planted.ts',
    text: 'export enum Role {\n  Herald,\n}\n',
    expected: 'src/store/planted.ts:1 construct: enum: use a union of literals',
  },
];

test('a folder without a place in the order of its module is caught', () => {
  expect(checkSources([{ path: 'src/wire/attic/planted.ts', text: 'export {};\n' }]).map(describeOffence)).toContain(
    'src/wire/attic/planted.ts:1 layering: src/wire/attic is missing in ORDER_INSIDE',
  );
});

const upwardModules = MODULES.slice(1).map((higher, at) => ({ module: MODULES[at] ?? '', higher }));

test.each(upwardModules)('an import of $higher/ by $module/ is caught', ({ module, higher }) => {
  const path = `src/${module}/planted.ts`;
  const offence = `${path}:1 layering: imports upwards, from src/${higher}/higher.ts`;
  expect(checkSources([{ path, text: `import '../${higher}/higher.ts';\n` }]).map(describeOffence)).toContain(offence);
});

const upwardPairs = Object.entries(ORDER_INSIDE).flatMap(([folder, order]) => {
  const files = order.map((name) => `${folder}/${name === OTHER_FILES ? 'any.ts' : name}`);
  return files.slice(1).map((higher, at) => ({ higher: fileAt(higher), lower: fileAt(files[at] ?? '') }));
});

test.each(upwardPairs.filter(({ lower }) => !lower.includes('/generated/')))(
  'an import of $higher by $lower is caught',
  ({ higher, lower }) => {
    const text = `import './${posix.relative(posix.dirname(lower), higher)}';\n`;
    const offence = `${lower}:1 layering: imports upwards inside its module, from ${higher}`;
    expect(checkSources([{ path: lower, text }]).map(describeOffence)).toContain(offence);
  },
);

test.each(MODULES)('a circle of files in %s/ is caught', (module) => {
  const circle = ['one', 'other', 'third'].map((name) => `src/${module}/${name}.ts`);
  const texts = ["import type {} from './other.ts';\n", "export * from './third.ts';\n", "import './one.ts';\n"];
  const found = checkSources(circle.map((path, at) => ({ path, text: texts[at] ?? '' }))).map(describeOffence);
  expect(found).toEqual([`${circle[0]}:1 circle: these files import each other: ${circle.join(', ')}`]);
});

test('a circle of files in consensus/raft/ is caught', () => {
  const found = checkSources([
    { path: 'src/consensus/raft/log.ts', text: "import './replica.ts';\n" },
    { path: 'src/consensus/raft/replica.ts', text: "import './log.ts';\n" },
  ]).map(describeOffence);
  expect(found).toContain(
    'src/consensus/raft/log.ts:1 circle: these files import each other: src/consensus/raft/log.ts, src/consensus/raft/replica.ts',
  );
});

test.each(planted)('$what is caught', ({ path, text, expected }) => {
  expect(checkSources([{ path, text }]).map(describeOffence)).toContain(expected);
});

const innocent: readonly { readonly what: string; readonly path: string; readonly text: string }[] = [
  {
    what: 'a module that imports downwards',
    path: 'src/radiant/innocent.ts',
    text: "import { assert } from '../wire/assertion.ts';\nexport const check = assert;\n",
  },
  {
    what: 'a file that the order names above the folders beneath it',
    path: 'src/consensus/algorithms.ts',
    text: "import './naive/algorithm.ts';\n",
  },
  {
    what: 'a property, a type and a local value named like a global',
    path: 'src/store/innocent.ts',
    text: 'export const at = (log: { location: string; performance: Date }, history: string): string => log.location + history;\n',
  },
  {
    what: 'a clock where a radiant lives',
    path: 'src/hosts/browser/innocent.ts',
    text: 'export const nowMs = (): number => performance.now();\n',
  },
  {
    what: 'a function of seventy lines',
    path: 'src/app/innocent.ts',
    text: `export function full(): void {\n${'  void 0;\n'.repeat(68)}}\n`,
  },
];

test.each(innocent)('$what is no offence', ({ path, text }) => {
  expect(checkSources([{ path, text }]).map(describeOffence)).toEqual([]);
});

function readSources(directory: string): readonly SourceFile[] {
  const entries = readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' });
  return entries
    .filter((entry) => /\.tsx?$/u.test(entry))
    .map((entry) => join(directory, entry).split(sep).join('/'))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** The path if it names a file. If it names a folder, the path of a file in that folder. */
function fileAt(path: string): string {
  return path.endsWith('.ts') ? path : `${path}/any.ts`;
}

function describeOffence(offence: Offence): string {
  return `${offence.path}:${offence.line} ${offence.rule}: ${offence.message}`;
}
