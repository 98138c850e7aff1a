/** Checks that docs/DESIGN.md contains every rule that the repository cites, and one definition for each word. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['src', 'test', 'docs', 'scripts', 'signaling'];
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const DESIGN = read('docs/DESIGN.md');
const RULES = [...DESIGN.matchAll(/^### Rule (\d+): .+$/gmu)].map(([, number]) => Number(number));

/**
 * Numbers that a text cites as `rule 6`, `rules 1 and 12` or `rules 1, 2 and 7`. A citation may continue on the next
 * line.
 */
function citedRules(text: string): readonly number[] {
  const flat = text.replaceAll(/\n[ \t]*(?:\*|\/\/)?/gu, ' ');
  return [...flat.matchAll(/\brules? +(\d+(?:(?:, *| +and +|[–-])\d+)*)/giu)].flatMap(([, list = '']) =>
    [...list.matchAll(/\d+/gu)].map(([number]) => Number(number)),
  );
}

function glossaryWords(page: string): readonly string[] {
  const section = page.split('## Glossary\n')[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) => row.split('|')[1]?.trim() ?? '');
}

test('DESIGN.md states rules 1 to 18, each with its reason', () => {
  expect(RULES).toEqual(Array.from({ length: 18 }, (_, index) => index + 1));
  const sections = DESIGN.split(/^### Rule \d+: .+$/mu).slice(1);
  expect(sections.flatMap((section, index) => (section.includes('*Reason:* ') ? [] : [index + 1]))).toEqual([]);
});

test('every cited rule is a rule of DESIGN.md', () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(?:tsx?|mjs|md|html|css|proto)$/u.test(path))
      .map((path) => join(folder, path)),
  );
  const unknown = [...files, 'README.md'].flatMap((path) =>
    citedRules(read(path)).flatMap((rule) => (RULES.includes(rule) ? [] : [`${path} cites rule ${rule}`])),
  );
  expect(unknown).toEqual([]);
});

test('citations are found in all their forms', () => {
  const text = 'a (design, rule 6) b (design, rules 1, 2 and 17)\n * rules\n * 1–18 c rules 3 and 14';
  expect(citedRules(text)).toEqual([6, 1, 2, 17, 1, 18, 3, 14]);
});

test('the glossary defines each word once, and no other page defines it again', () => {
  const words = glossaryWords(DESIGN);
  expect(words).toEqual(expect.arrayContaining(['radiant', 'shard', 'order', 'herald', 'bondsmith', 'configuration']));
  expect(words.filter((word, index) => word === '' || words.indexOf(word) !== index)).toEqual([]);
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md') && name !== 'DESIGN.md');
  const again = pages.flatMap((page) =>
    words.filter((word) => new RegExp(`\\*${word}\\* (?:is|are|means)\\b`, 'u').test(read(`docs/${page}`))),
  );
  expect(again).toEqual([]);
});
