/** Bugs that a test puts into the source while it loads it. The product's code contains no trace of them. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'vite';
import type { FaultKind } from '../../../src/sim/fault-kinds.ts';
import type { FaultMix } from '../../../src/sim/faults/fault-mix.ts';
import { CALM } from '../../../src/sim/network/conditions.ts';
import type * as Simulator from '../../../src/sim/runs/run-seed.ts';
import type { SeedOptions } from '../../../src/sim/runs/run-seed.ts';

export interface Replacement {
  /** Path of the source file, relative to `src/`. */
  readonly file: string;
  /** Text to replace. It must occur exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface PlantedBug {
  readonly name: string;
  readonly replacements: readonly Replacement[];
  /** Promises whose breach shows the bug. The seed determines which of them breaks first. */
  readonly breaks: readonly string[];
  /** A world in which the bug shows early. */
  readonly world: PlantedWorld;
  /** Whether only `npm run test:full` plays the bug. Default: `npm test` plays it, too. */
  readonly isForFullRun?: true;
}

export interface PlantedWorld
  extends Pick<SeedOptions, 'mix' | 'faults' | 'workload' | 'cluster' | 'checkpointLogBytes'> {
  readonly faultsMs: number;
}

/** A mix of the given faults on a slightly unreliable network. */
export const often = (meanMs: Partial<Record<FaultKind, number>>): FaultMix => ({
  meanMs,
  conditions: { ...CALM, latencyMs: [1, 20], loss: 0.02, duplication: 0.02, reordering: 0.05, reorderedByMs: [0, 100] },
  early: false,
});

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export function simulatorWith(name: string, replacements: readonly Replacement[]): Promise<typeof Simulator> {
  return moduleWith<typeof Simulator>('src/sim/runs/run-seed.ts', name, replacements);
}

/** Loads a module with the replacements in its own source and in the sources that it imports. */
export async function moduleWith<Module>(
  entry: string,
  name: string,
  replacements: readonly Replacement[],
): Promise<Module> {
  const outDir = join(ROOT, 'dist', 'planted', name);
  const planting = new Planting(replacements);
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    publicDir: false,
    plugins: [planting.plugin],
    build: { ssr: entry, outDir, emptyOutDir: true, target: 'node20' },
  });
  planting.assertAllPlanted();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was built from this very module
  return (await import(/* @vite-ignore */ pathToFileURL(join(outDir, `${basename(entry, '.ts')}.js`)).href)) as Module;
}

class Planting {
  readonly #pending: Set<Replacement>;

  constructor(replacements: readonly Replacement[]) {
    this.#pending = new Set(replacements);
  }

  get plugin(): Plugin {
    return {
      name: 'planted-bug',
      enforce: 'pre',
      transform: (code, id) => {
        let planted = code;
        for (const replacement of this.#pending) {
          if (!id.endsWith(join('src', replacement.file))) continue;
          planted = plant(planted, replacement);
          this.#pending.delete(replacement);
        }
        return planted === code ? undefined : { code: planted, map: null };
      },
    };
  }

  assertAllPlanted(): void {
    const [missing] = this.#pending;
    if (missing !== undefined)
      throw new Error(`${missing.file} is no part of what was built: nothing was planted there`);
  }
}

/** Replaces the text in the code of a file. @throws {Error} unless the text to replace occurs exactly once */
export function plant(code: string, { file, find, replace }: Replacement): string {
  const parts = code.split(find);
  if (parts.length !== 2) {
    throw new Error(`${file} has ${parts.length - 1} places to plant a bug, not one:\n${find}`);
  }
  return parts.join(replace);
}
