/** Finds banned phrases and long sentences in comments, strings, documents and pages. */
import { parseSync } from 'vite';
import { BANNED_OPENINGS, BANNED_PHRASES } from './banned-phrases.ts';

/** One comment, string, paragraph, list item or table cell. */
export interface Passage {
  readonly line: number;
  readonly text: string;
}

const MOST_WORDS = 25;

/** Finds banned phrases, banned openings, and sentences of more than 25 words. A code span counts as one word. */
export function findFaults(path: string, text: string): readonly string[] {
  return passagesOf(path, text).flatMap((passage) =>
    faultsIn(passage).map(({ line, fault }) => `${path}:${line} ${fault}`),
  );
}

export function passagesOf(path: string, text: string): readonly Passage[] {
  if (path.endsWith('.md')) return markdownPassages(text);
  if (path.endsWith('.html')) return pagePassages(text);
  if (path.endsWith('.css') || path.endsWith('.proto')) return commentPassages(text);
  return sourcePassages(path, text);
}

function faultsIn({ line, text }: Passage): readonly { line: number; fault: string }[] {
  const faults: { line: number; fault: string }[] = [];
  for (const { pattern, instead } of BANNED_PHRASES) {
    // A phrase may continue on the next line.
    const spaced = new RegExp(pattern.source.replaceAll(' ', '\\s+'), 'giu');
    for (const match of text.matchAll(spaced)) {
      const words = match[0].replaceAll(/\s+/gu, ' ');
      faults.push({ line: line + lineBreaks(text.slice(0, match.index)), fault: `“${words}” → ${instead}` });
    }
  }
  for (const sentence of sentencesOf(text)) {
    const words = wordsOf(sentence);
    if (words > MOST_WORDS) faults.push({ line, fault: `has ${words} words in one sentence → divide it: ${sentence}` });
    if (!BANNED_OPENINGS.test(sentence) || sentence.endsWith('?')) continue;
    const at = text.indexOf(sentence.split(' ', 1)[0] ?? '');
    const opening = sentence.split(' ').slice(0, 5).join(' ');
    faults.push({ line: line + lineBreaks(text.slice(0, at)), fault: `opens with “${opening} …” → begin with a noun` });
  }
  return faults;
}

export function sentencesOf(text: string): readonly string[] {
  return text
    .split(/\n[ \t]*(?=\n|[-|] )|\s@\w+/u)
    .flatMap((paragraph) => plain(paragraph).split(/(?<=[.!?][)”"]?)\s+(?=[\p{Lu}\d“"(`*])/u))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

/** The text without the marks of Markdown. A code span counts as one word. */
function plain(text: string): string {
  return text
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/gu, '$1')
    .replaceAll(/`[^`]*`/gu, (span) => span.replaceAll(/\s+/gu, '·'))
    .replaceAll(/\*\*|__|<[^>]+>/gu, '')
    .replaceAll(/\s+/gu, ' ');
}

function wordsOf(sentence: string): number {
  return sentence.split(' ').filter((word) => /[\p{L}\d]/u.test(word)).length;
}

function lineBreaks(text: string): number {
  return text.split('\n').length - 1;
}

function markdownPassages(markdown: string): readonly Passage[] {
  const passages: { line: number; text: string }[] = [];
  let open = false;
  let fenced = false;
  for (const [index, content] of markdown.split('\n').entries()) {
    const line = index + 1;
    const last = passages.at(-1);
    if (content.startsWith('```')) fenced = !fenced;
    if (fenced || content.startsWith('```') || content.trim() === '' || /^\|[\s:|-]+\|$/u.test(content)) open = false;
    else if (/^#+ /u.test(content)) {
      // A heading is a name, so any word may open it.
      passages.push({ line, text: content.replace(/^#+ /u, '').toLowerCase() });
      open = false;
    } else if (content.startsWith('|')) {
      for (const cell of content.split('|')) passages.push({ line, text: cell.trim() });
      open = false;
    } else if (/^\s*(?:[-*]|\d+\.) /u.test(content)) {
      passages.push({ line, text: content.replace(/^\s*(?:[-*]|\d+\.) /u, '') });
      open = true;
    } else if (open && last !== undefined) last.text += `\n${content.trim()}`;
    else {
      passages.push({ line, text: content });
      open = true;
    }
  }
  return passages;
}

function pagePassages(html: string): readonly Passage[] {
  const texts = [
    ...html.matchAll(/<!--([\s\S]*?)-->|>([^<]+)</gu),
    ...html.matchAll(/\b(?:title|alt|content)="([^"]+)"/gu),
  ];
  return texts.map((match) => ({
    line: lineBreaks(html.slice(0, match.index)) + 1,
    text: match[1] ?? match[2] ?? '',
  }));
}

function commentPassages(text: string): readonly Passage[] {
  const comments = [...text.matchAll(/\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n?)+/gmu)];
  return comments.map((match) => ({ line: lineBreaks(text.slice(0, match.index)) + 1, text: undecorated(match[0]) }));
}

/** The comment without its marks. The words stay at their places. */
function undecorated(comment: string): string {
  return comment.replaceAll(/^\s*(?:\/\*+|\*+(?!\/)|\/\/+)|\*+\/\s*$/gmu, ' ');
}

function sourcePassages(path: string, text: string): readonly Passage[] {
  const parsed = parseSync(path.replace(/\.mjs$/u, '.js'), text);
  const passages: Passage[] = [];
  let line = 1;
  let at = 0;
  const lineOf = (offset: number): number => {
    line += lineBreaks(text.slice(at, offset));
    at = offset;
    return line;
  };
  for (const { start, end } of joined(parsed.comments, text)) {
    passages.push({ line: lineOf(start), text: undecorated(text.slice(start, end)) });
  }
  for (const { start, text: written } of stringsIn(parsed.program)) {
    // A string of one word is a name and not prose. A string with code is a test's input.
    if (/\p{L}\s+\p{L}/u.test(written) && !/[;{}]\s*(?:\n|$)/u.test(written))
      passages.push({ line: lineBreaks(text.slice(0, start)) + 1, text: written });
  }
  return passages;
}

/** Joins consecutive comments of one line each into one text. */
function joined(
  comments: readonly { readonly type: string; readonly start: number; readonly end: number }[],
  text: string,
): readonly { start: number; end: number }[] {
  const blocks: { type: string; start: number; end: number }[] = [];
  for (const { type, start, end } of comments) {
    const last = blocks.at(-1);
    const gap = last === undefined ? undefined : text.slice(last.end, start);
    if (last?.type === 'Line' && type === 'Line' && gap !== undefined && /^[ \t]*\n[ \t]*$/u.test(gap)) last.end = end;
    else blocks.push({ type, start, end });
  }
  return blocks;
}

function* stringsIn(value: unknown): Generator<{ readonly start: number; readonly text: string }> {
  if (Array.isArray(value)) {
    for (const element of value) yield* stringsIn(element);
    return;
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || !('start' in value)) return;
  const start = Number(value.start);
  if (value.type === 'Literal' || value.type === 'JSXText') {
    if ('value' in value && typeof value.value === 'string') yield { start, text: value.value };
    return;
  }
  if (value.type === 'TemplateLiteral' && 'quasis' in value && Array.isArray(value.quasis)) {
    const quasis: unknown[] = value.quasis;
    yield { start, text: quasis.map(rawText).join('…') };
  }
  for (const child of Object.values(value)) yield* stringsIn(child);
}

function rawText(quasi: unknown): string {
  if (typeof quasi !== 'object' || quasi === null || !('value' in quasi)) return '';
  const { value } = quasi;
  return typeof value === 'object' && value !== null && 'raw' in value ? String(value.raw) : '';
}
