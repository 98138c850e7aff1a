/** `npm run sim -- …`: bundles the simulator for Node and runs it. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleForNode, generate } from './bundle.mjs';
import { ROOT } from './run.mjs';

await generate();
await bundleForNode('src/sim/runs/command-line.ts', 'sim');
await import(pathToFileURL(join(ROOT, 'dist', 'sim', 'command-line.js')).href);
