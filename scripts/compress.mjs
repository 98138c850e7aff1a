/**
 * Writes a compressed copy of each page file next to the file, so that the server compresses nothing while it serves.
 */
import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const COMPRESSED = new Set(['.css', '.html', '.js', '.json', '.svg', '.txt']);
/** Size of the smallest file that is compressed. A smaller file fits into one network packet uncompressed. */
const WORTHWHILE_BYTES = 1_400;

/** @param {string} directory */
export async function compressPages(directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && COMPRESSED.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name));
  await Promise.all(files.map(compressFile));
}

/** @param {string} path */
async function compressFile(path) {
  const content = await readFile(path);
  if (content.length < WORTHWHILE_BYTES) return;
  const copies = [
    { suffix: '.br', copy: await promisify(brotliCompress)(content, brotliOptions(content.length)) },
    { suffix: '.gz', copy: await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }) },
  ];
  for (const { suffix, copy } of copies) {
    if (copy.length < content.length) await writeFile(path + suffix, copy);
  }
}

/** @param {number} size */
function brotliOptions(size) {
  return {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: size,
    },
  };
}
