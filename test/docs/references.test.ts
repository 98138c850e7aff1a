/** Checks the pages of docs/ against the sources that they describe. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { apiPage } from './api-page.ts';
import { ERROR_CODES } from '../../src/wire/errors.ts';
import { LIMITS } from '../../src/wire/limits.ts';
import { TIMES } from '../../src/wire/times.ts';
import { PLATFORM_CALLS } from '../../src/wire/platform-error.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
);

test('ERRORS.md lists every error code with the meaning and effect of the sources', () => {
  const rows = tableRows(read('docs/ERRORS.md')).filter(([code = '']) => /^`[A-Z_]+`$/u.test(code));
  expect(rows.map(([code, meaning, effect]) => ({ code, meaning, effect }))).toEqual(
    Object.entries(ERROR_CODES).map(([code, { meaning, effect }]) => ({ code: `\`${code}\``, meaning, effect })),
  );
  for (const [code, , , advice = ''] of rows) expect(advice, `what to do about ${code}`).not.toBe('');
});

// After a change of limits.ts, `npm run test:unit -- test/docs --update` writes the page again.
test('LIMITS.md lists every limit and interval with the comments of limits.ts', async () => {
  await expect(limitsPage()).toMatchFileSnapshot(join(ROOT, 'docs/LIMITS.md'));
});

test('API.md has every exported declaration with its doc comment', async () => {
  await expect(apiPage(read)).toMatchFileSnapshot(join(ROOT, 'docs/API.md'));
});

test('platform-errors.md lists every call of the platform with the codes of its exceptions', async () => {
  await expect(platformErrorsPage()).toMatchFileSnapshot(join(ROOT, 'docs/platform-errors.md'));
});

test('dependencies.md gives a reason for each dependency of package.json, and for no other', () => {
  const { dependencies, devDependencies } = readPackage();
  const rows = tableRows(read('docs/dependencies.md')).filter(([packages = '']) => packages.startsWith('`'));
  const named = rows.flatMap(([packages = '']) => [...packages.matchAll(/`([^`]+)`/gu)].map(([, name = '']) => name));
  expect(named.toSorted()).toEqual([...Object.keys(dependencies), ...Object.keys(devDependencies)].toSorted());
});

test('every file that a page links exists and contains the names that the page gives with it', () => {
  const faults: string[] = [];
  for (const page of PAGES) {
    for (const target of linkTargets(read(page))) {
      if (!existsSync(join(ROOT, normalize(join(dirname(page), target))))) faults.push(`${page}: no file ${target}`);
    }
    for (const cells of tableRows(read(page))) faults.push(...missingNames(cells).map((fault) => `${page}: ${fault}`));
  }
  expect(faults).toEqual([]);
});

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function readPackage(): PackageFile {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- npm has read this file
  return JSON.parse(read('package.json')) as PackageFile;
}

/**
 * Names in a row of a table that the linked file lacks. Such a row links a file and then names its parts: `` |
 * [x.ts](../src/x.ts) | `Name.method` | ``.
 */
function missingNames(cells: readonly string[]): readonly string[] {
  const at = cells.findIndex((cell) => /^\[[^\]]+\]\([^)]+\.ts\)$/u.test(cell));
  const [target = ''] = linkTargets(cells[at] ?? '');
  const path = join(ROOT, 'docs', target);
  if (at === -1 || !existsSync(path)) return [];
  const source = readFileSync(path, 'utf8');
  const names = [...(cells[at + 1] ?? '').matchAll(/`([\w.#]+)`/gu)].flatMap(([, name = '']) => name.split('.'));
  return names.filter((name) => !source.includes(name)).map((name) => `${target} has no ${name}`);
}

function linkTargets(markdown: string): readonly string[] {
  const targets = [...markdown.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/gu)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/u.test(target));
}

function tableRows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('| '));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function limitsPage(): string {
  return [
    '# Limits',
    '',
    'Every queue and size has a limit in [src/wire/limits.ts](../src/wire/limits.ts). Every time is in',
    '[src/wire/times.ts](../src/wire/times.ts). `npm run test:unit -- test/docs --update` generates this page from both files.',
    'Beyond a limit a call fails with a typed error ([ERRORS.md](ERRORS.md)), or the text of the limit says what happens.',
    '',
    '## Sizes and counts',
    '',
    ...groupTables('src/wire/limits.ts', LIMITS),
    '## Times in milliseconds, or in ticks for names that end in `Ticks`',
    '',
    ...groupTables('src/wire/times.ts', TIMES),
  ].join('\n');
}

function groupTables(
  path: string,
  groups: Readonly<Record<string, Readonly<Record<string, number>>>>,
): readonly string[] {
  return Object.entries(groups).flatMap(([group, values]) => [`### ${group}`, '', ...limitsTable(path, values), '']);
}

function limitsTable(path: string, values: Readonly<Record<string, number>>): readonly string[] {
  const source = read(path);
  const rows = Object.entries(values).map(([name, value]) => {
    const comment = new RegExp(`/\\*\\* (.+) \\*/\\n +${name}: `, 'u').exec(source)?.[1];
    if (comment === undefined) throw new Error(`${path} has no comment above ${name}`);
    return `| \`${name}\` | ${value.toLocaleString('en')} | ${comment} |`;
  });
  return ['| name | value | meaning |', '| --- | ---: | --- |', ...rows];
}

function platformErrorsPage(): string {
  return [
    '# Exceptions of the platform',
    '',
    'Calls of the browser throw exceptions, for example if storage is denied or full. Each call that can throw is listed in',
    '[src/wire/platform-error.ts](../src/wire/platform-error.ts) with the code for each exception.',
    '`npm run test:unit -- test/docs --update` generates this page from that file.',
    '',
    'An exception without a known call becomes `PLATFORM_FAILED`. `INVARIANT_BROKEN` comes only from assertions of this library.',
    'The exception is the `cause` of the error. [ERRORS.md](ERRORS.md) explains each code.',
    '',
    'A name with *(denied)* applies only if the message mentions permission. Chromium throws `UnknownError` for blocked site data',
    'and for a failed disk. `TypeError` and `ReferenceError` mean that the browser lacks the interface.',
    '',
    '| call | exception | code |',
    '| --- | --- | --- |',
    ...Object.entries(PLATFORM_CALLS).flatMap(([call, { codes, otherwise }]) => platformRows(call, codes, otherwise)),
    '',
    '## Calls whose exceptions are ignored',
    '',
    'The library continues without the effect of these calls.',
    '',
    '| call | consequence |',
    '| --- | --- |',
    '| `navigator.storage.persist` | The browser may evict the data of this site when the disk is full. |',
    '| `new BroadcastChannel` | Other tabs are not told that this device starts over. The page still waits for their locks. |',
    '| `history.replaceState` | The address of the tab does not change. The console still shows the invite link. |',
    '| `navigator.clipboard.writeText` | The console selects the invite link instead of copying it. |',
    '| `WebSocket.send` | The socket is closing and reports that itself. The library opens it again. |',
    '| `fetch` of the settings | The console uses the signaling server of its address, or the one at `./signaling`. |',
    '| `RTCDataChannel.send` of the goodbye | The peer notices the loss of the link by itself. |',
    '',
    'The library calls neither `localStorage` nor `sessionStorage` nor `navigator.storage.estimate`.',
    '',
  ].join('\n');
}

function platformRows(call: string, codes: Readonly<Record<string, string>>, otherwise: string): readonly string[] {
  const names = new Map<string, string[]>();
  for (const [name, code] of Object.entries(codes)) names.set(code, [...(names.get(code) ?? []), nameCell(name)]);
  return [
    ...[...names].map(([code, exceptions]) => `| \`${call}\` | ${exceptions.join(', ')} | \`${code}\` |`),
    `| \`${call}\` | any other | \`${otherwise}\` |`,
  ];
}

function nameCell(name: string): string {
  const [exception = '', note] = name.split(' ');
  return note === undefined ? `\`${exception}\`` : `\`${exception}\` *${note}*`;
}
