/**
 * `npm run sim:pin`: plays the pinned seed of every planted bug, and pins another seed if the pinned seed no longer
 * finds the bug. `npm run sim:pin -- "a vote is not persisted"` chooses new seeds for the named bugs; `--all` does so
 * for every bug.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleForNode, generate } from './bundle.mjs';
import { ROOT } from './run.mjs';

const PINNED_SEEDS = join(ROOT, 'test', 'sim', 'planted', 'pinned-seeds.json');

const { values, positionals } = parseArgs({
  options: { all: { type: 'boolean', default: false } },
  allowPositionals: true,
});
await generate();
// The bundle must be as many directories deep as its source, because its code finds the repository by a relative path.
await bundleForNode('test/sim/planted/pin-seeds.ts', 'planted/pin');
/** @type {typeof import('../test/sim/planted/pin-seeds.ts')} */
// oxlint-disable-next-line typescript/no-unsafe-assignment -- it was built from this very module
const { pinSeeds } = await import(pathToFileURL(join(ROOT, 'dist', 'planted', 'pin', 'pin-seeds.js')).href);
/** @type {import('../test/sim/planted/pin-seeds.ts').PinnedSeeds} */
// oxlint-disable-next-line typescript/no-unsafe-assignment -- written below
const before = existsSync(PINNED_SEEDS) ? JSON.parse(readFileSync(PINNED_SEEDS, 'utf8')) : {};
const pinned = await pinSeeds(before, values.all ? 'all' : positionals);
writeFileSync(PINNED_SEEDS, `${JSON.stringify(pinned, undefined, 2)}\n`);
