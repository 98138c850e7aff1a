/**
 * Checks comments, messages, page texts, test names and documents for banned phrases and long sentences.
 * `PROSE=src/radiant/herald npx vitest run test/docs/prose` checks one folder or file.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findFaults } from './prose.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const WRITTEN = /\.(?:tsx?|mjs|md|html|css|proto)$/u;
const FOLDERS = ['docs', 'scripts', 'signaling', 'src', 'test'];
/** Paths that are not checked: generated code, and two files that quote banned phrases. */
const UNCHECKED = ['src/wire/generated', 'test/docs/banned-phrases.ts', 'test/docs/prose-check.test.ts'];

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const isWithin = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));

function writtenFiles(): readonly string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((entry) =>
      join(folder, entry).split(sep).join('/'),
    ),
  );
  const topLevel = readdirSync(ROOT).filter((entry) => statSync(join(ROOT, entry)).isFile());
  return [...topLevel, ...inFolders].filter((path) => WRITTEN.test(path) && !isWithin(path, UNCHECKED));
}

test('no comment, message, page text, test name or document has a banned phrase or a sentence of over 25 words', () => {
  const asked = process.env['PROSE']?.split(',').map((path) => path.replace(/\/$/u, ''));
  const files = writtenFiles().filter((path) => asked === undefined || isWithin(path, asked));
  expect(files).not.toEqual([]);
  expect(files.flatMap((path) => findFaults(path, read(path)))).toEqual([]);
});
