import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { compressPages } from '../../scripts/compress.mjs';

test('large pages get smaller copies with the same content', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'shardbearer-compress-'));
  try {
    const content = Buffer.from('export const word = "shardbearer";\n'.repeat(1_000));
    writeFileSync(join(directory, 'page.js'), content);
    writeFileSync(join(directory, 'page.js.map'), content);
    writeFileSync(join(directory, 'small.css'), 'p { color: red }');
    await compressPages(directory);
    expect(readdirSync(directory).sort()).toEqual(['page.js', 'page.js.br', 'page.js.gz', 'page.js.map', 'small.css']);
    const brotli = readFileSync(join(directory, 'page.js.br'));
    const gzip = readFileSync(join(directory, 'page.js.gz'));
    expect(brotliDecompressSync(brotli)).toEqual(content);
    expect(gunzipSync(gzip)).toEqual(content);
    expect(brotli.length).toBeLessThan(gzip.length);
    expect(gzip.length).toBeLessThan(content.length / 10);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
