/** Bundles TypeScript for Node 20, for pages, and as the library. */
import { join } from 'node:path';
import { build } from 'vite';
import { LOCK, withLock } from './lock.mjs';
import { replaceDirectory } from './replace-directory.mjs';
import { npm, ROOT, run } from './run.mjs';

const COMMON = {
  configFile: join(ROOT, 'vite.config.ts'),
  root: ROOT,
  logLevel: /** @type {const} */ ('warn'),
  publicDir: /** @type {const} */ (false),
};
const LIBRARY = join(ROOT, 'dist', 'lib');

/** Generates code from the wire schema. The sources import this code. */
export async function generate() {
  const { code, output } = await npm(['run', '--silent', 'generate'], { quiet: true });
  if (code !== 0) throw new Error(`No code could be generated from the schema:\n${output}`);
}

/**
 * Bundles the pages.
 * @param {string} directory below dist/
 */
export async function bundlePages(directory) {
  await build({
    configFile: COMMON.configFile,
    logLevel: 'warn',
    build: { outDir: join(ROOT, 'dist', directory), emptyOutDir: true },
  });
}

/**
 * Bundles one entry for Node without its dependencies. The output has the name of the entry, with the ending `.js`.
 * @param {string} entry relative to the repository
 * @param {string} directory below dist/
 */
export async function bundleForNode(entry, directory) {
  await build({
    ...COMMON,
    build: { ssr: entry, outDir: join(ROOT, 'dist', directory), emptyOutDir: true, target: 'node20', sourcemap: true },
  });
}

/**
 * Bundles test files into one file. The test runner executes one file faster than many.
 * @param {readonly string[]} files relative to the repository
 * @param {string} directory below dist/
 * @returns {Promise<string>} the file, relative to the repository
 */
export async function bundleTests(files, directory) {
  const entry = 'all.test.ts';
  const imports = files.map((file) => `import ${JSON.stringify(join(ROOT, file))};`).join('\n');
  await build({
    ...COMMON,
    plugins: [
      {
        name: 'all-tests',
        resolveId: (id) => (id === entry ? `\0${entry}` : undefined),
        load: (id) => (id === `\0${entry}` ? imports : undefined),
      },
    ],
    build: {
      ssr: true,
      outDir: join(ROOT, 'dist', directory),
      emptyOutDir: true,
      target: 'node20',
      sourcemap: true,
      rolldownOptions: { input: entry, output: { entryFileNames: 'all.test.js' } },
    },
  });
  return `dist/${directory}/all.test.js`;
}

/**
 * Makes ES modules and declarations for applications. The library directory is replaced in one step, so a linked
 * application never sees an incomplete library.
 */
export async function bundleLibrary() {
  await withLock(LOCK, () => replaceDirectory(LIBRARY, fillLibrary));
}

/** @param {string} directory */
async function fillLibrary(directory) {
  // Each entry has its own build, so that the worker is a single file that applications can copy.
  await bundleLibraryEntry('worker', 'src/hosts/browser/worker.ts', directory);
  await bundleLibraryEntry('start-worker', 'src/hosts/browser/start-worker.ts', directory);
  await bundleLibraryEntry('machine', 'src/store/machine.ts', directory);
  await bundleLibraryEntry('index', 'src/index.ts', directory);
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(ROOT, 'scripts', 'tsconfig.library.json');
  const { code } = await run(process.execPath, [compiler, '--project', project, '--outDir', join(directory, 'types')]);
  if (code !== 0) throw new Error('The declarations of the library could not be made. The errors are above.');
}

/**
 * Bundles one entry with all its imports. The bundler of an application then finds neither CommonJS modules nor
 * packages of this project.
 * @param {string} name
 * @param {string} entry relative to the repository
 * @param {string} directory
 */
async function bundleLibraryEntry(name, entry, directory) {
  await build({
    ...COMMON,
    worker: { format: 'es', rolldownOptions: { output: { minify: true } } },
    build: {
      outDir: directory,
      emptyOutDir: false,
      target: 'es2023',
      // The index can be read without a source map, and the inline worker has no file to which a map could refer.
      sourcemap: false,
      minify: false,
      license: { fileName: `${name}.licenses.md` },
      lib: { entry: { [name]: entry }, formats: ['es'] },
      rolldownOptions: { output: { chunkFileNames: 'inline-[name].js', minify: name === 'worker' } },
    },
  });
}
