/** The pages of docs/ that say again what the sources say, and may never say anything else. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/wire/errors.ts';
import { INTERVALS, LIMITS } from '../../src/wire/limits.ts';
import { PLATFORM_CALLS } from '../../src/wire/platform-error.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
);

test('ERRORS.md lists every error code, as the sources describe it', () => {
  const rows = tableRows(read('docs/ERRORS.md')).filter(([code = '']) => /^`[A-Z_]+`$/u.test(code));
  expect(rows.map(([code, meaning, effect]) => ({ code, meaning, effect }))).toEqual(
    Object.entries(ERROR_CODES).map(([code, { meaning, effect }]) => ({ code: `\`${code}\``, meaning, effect })),
  );
  for (const [code, , , advice = ''] of rows) expect(advice, `what to do about ${code}`).not.toBe('');
});

// To write it anew after a change of limits.ts: npm run test:unit -- test/docs --update
test('LIMITS.md lists every limit and interval, as the sources describe it', async () => {
  await expect(limitsPage()).toMatchFileSnapshot(join(ROOT, 'docs/LIMITS.md'));
});

test('platform-errors.md lists every call of the platform and the codes of its exceptions', async () => {
  await expect(platformErrorsPage()).toMatchFileSnapshot(join(ROOT, 'docs/platform-errors.md'));
});

test('every file that a page names is there, and holds the names that the page gives with it', () => {
  const faults: string[] = [];
  for (const page of PAGES) {
    for (const target of linkTargets(read(page))) {
      if (!existsSync(join(ROOT, normalize(join(dirname(page), target))))) faults.push(`${page}: no file ${target}`);
    }
    for (const cells of tableRows(read(page))) faults.push(...missingNames(cells).map((fault) => `${page}: ${fault}`));
  }
  expect(faults).toEqual([]);
});

/** A row that links one file and then names what in it is meant: `` | [x.ts](../src/x.ts) | `Name.method` | ``. */
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
    'Every queue, size and time has its limit, all of them in [src/wire/limits.ts](../src/wire/limits.ts). This page is made from',
    'that file: `npm run test:unit -- test/docs --update`. What happens beyond a limit stands with it, or is a typed error',
    '([ERRORS.md](ERRORS.md)).',
    '',
    '## Sizes and counts',
    '',
    ...limitsTable('LIMITS', LIMITS),
    '',
    '## Times, in milliseconds unless it says ticks',
    '',
    ...limitsTable('INTERVALS', INTERVALS),
    '',
  ].join('\n');
}

function limitsTable(constant: string, values: Readonly<Record<string, number>>): readonly string[] {
  const source = read('src/wire/limits.ts').split(`export const ${constant} = {`)[1] ?? '';
  const rows = Object.entries(values).map(([name, value]) => {
    const comment = new RegExp(`/\\*\\* (.+) \\*/\\n  ${name}: `, 'u').exec(source)?.[1];
    if (comment === undefined) throw new Error(`limits.ts does not say what ${name} is`);
    return `| \`${name}\` | ${value.toLocaleString('en')} | ${comment} |`;
  });
  return ['| name | value | what it bounds |', '| --- | ---: | --- |', ...rows];
}

function platformErrorsPage(): string {
  return [
    '# Exceptions of the platform',
    '',
    'Browsers throw at every border: storage is denied, quotas run out, connections close. Each call that can throw is listed',
    'in [src/wire/platform-error.ts](../src/wire/platform-error.ts) with the code that each exception becomes, and this page is',
    'made from that file: `npm run test:unit -- test/docs --update`. `INVARIANT_BROKEN` comes from assertions of this library',
    'only. An exception that no call is blamed for becomes `PLATFORM_FAILED`. The exception itself is the `cause` of the error.',
    'What each code means and what to do about it: [ERRORS.md](ERRORS.md).',
    '',
    'The name of an exception followed by *(denied)* counts only with a message that speaks of permission: Chromium throws',
    '`UnknownError` both where site data is blocked and where its disk failed. `TypeError` and `ReferenceError` mean that the',
    'browser lacks the interface.',
    '',
    '| call | exception | code |',
    '| --- | --- | --- |',
    ...Object.entries(PLATFORM_CALLS).flatMap(([call, { codes, otherwise }]) => platformRows(call, codes, otherwise)),
    '',
    '## Calls whose exceptions change nothing',
    '',
    'The library goes on without what these calls offer.',
    '',
    '| call | what is missing then |',
    '| --- | --- |',
    '| `navigator.storage.persist` | The browser may evict the data of this site when the disk is full. |',
    '| `new BroadcastChannel` | Other tabs are not told that this device starts over. Their locks are waited for all the same. |',
    '| `history.replaceState` | The address of the tab stays as it is. The console shows the invite link all the same. |',
    '| `navigator.clipboard.writeText` | The console selects the invite link instead of copying it. |',
    '| `WebSocket.send` | The socket closes at this moment and reports that itself; it is opened again. |',
    '| `fetch` of the settings | The console uses the signaling server that its address names, or the one beside the page. |',
    '| `RTCDataChannel.send` of the goodbye | The far end notices the loss of the link by itself. |',
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
