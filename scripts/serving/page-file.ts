/** Finds the file for a request's path, and the representation of that file that the client accepts. */
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Coding } from './accept-encoding.ts';

export interface PageFile {
  /** The page directory that contains the file. */
  readonly root: string;
  /** The path of the file below `root`, with `/` between the segments. */
  readonly path: string;
  readonly modifiedMs: number;
}

export interface Representation extends PageFile {
  readonly coding: Coding;
  /** The media type of the representation. Undefined if the file name determines the type. */
  readonly contentType: string | undefined;
}

const SUFFIXES: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz', identity: '' };

/** For each extension of the files that a build compresses, the media type. */
const COMPRESSED_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** Returns the path in the target of a request. Undefined if the target has no path or is malformed. */
export function pathOf(target: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  if (target.startsWith('/')) return target.split(/[?#]/u, 1)[0];
  return /^https?:\/\//iu.test(target) && URL.canParse(target) ? new URL(target).pathname : undefined;
}

export function segmentsOf(path: string): readonly string[] | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (/[\0\\]/u.test(decoded)) return undefined;
  const segments = decoded.split('/').slice(1);
  const isHidden = (segment: string): boolean => segment.startsWith('.') && segment !== '.well-known';
  return segments.some(isHidden) ? undefined : segments;
}

/**
 * Finds the file in the first page directory that has it. Returns `directory` if the path names a directory with an
 * index page.
 */
export async function findPage(
  roots: readonly string[],
  segments: readonly string[],
): Promise<PageFile | 'directory' | undefined> {
  const last = segments.at(-1) ?? '';
  const parents = segments.slice(0, -1);
  const names = last === '' ? ['index.html'] : extname(last) === '' ? [last, `${last}.html`] : [last];
  for (const root of roots) {
    for (const name of names) {
      const page = await fileAt(root, [...parents, name].join('/'));
      if (page !== undefined) return page;
    }
    if (last !== '' && (await fileAt(root, [...segments, 'index.html'].join('/'))) !== undefined) return 'directory';
  }
  return undefined;
}

/**
 * Returns the representation in the first of these codings for which a copy of the file exists. Undefined if no copy
 * exists.
 */
export async function representationOf(
  page: PageFile,
  codings: readonly Coding[],
): Promise<Representation | undefined> {
  const contentType = COMPRESSED_TYPES[extname(page.path)];
  for (const coding of codings) {
    if (coding === 'identity') return { ...page, coding, contentType };
    if (contentType === undefined) continue;
    const coded = await fileAt(page.root, page.path + SUFFIXES[coding]);
    // A compressed copy that is older than the file was made from other content, so it is not used.
    if (coded !== undefined && coded.modifiedMs >= page.modifiedMs) return { ...coded, coding, contentType };
  }
  return undefined;
}

async function fileAt(root: string, path: string): Promise<PageFile | undefined> {
  try {
    const found = await stat(join(root, path));
    return found.isFile() ? { root, path, modifiedMs: found.mtimeMs } : undefined;
  } catch {
    // The file does not exist, its name is too long, or a segment of its path is itself a file.
    return undefined;
  }
}
