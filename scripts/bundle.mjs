/** Turns TypeScript into what Node 20 runs, or into the library. */
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

/** Code that is made from the schema; everything else imports it. */
export async function generate() {
  const { code, output } = await npm(['run', '--silent', 'generate'], { quiet: true });
  if (code !== 0) throw new Error(`The schema could not be turned into code:\n${output}`);
}

/**
 * The pages.
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
 * One entry for Node; dependencies stay outside. The result has the entry's name, ending in `.js`.
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
 * Test files as one for the test runner, in which they are as fast as bundled code is.
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

/** ES modules and declarations for applications. An application that is linked with it never meets half of it. */
export async function bundleLibrary() {
  await withLock(LOCK, () => replaceDirectory(LIBRARY, fillLibrary));
}

/** @param {string} directory */
async function fillLibrary(directory) {
  // Two builds, not one with two entries: each is then complete, and the worker is a single file to copy.
  await bundleLibraryEntry('worker', 'src/hosts/browser/worker.ts', directory);
  await bundleLibraryEntry('index', 'src/index.ts', directory);
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(ROOT, 'scripts', 'tsconfig.library.json');
  const { code } = await run(process.execPath, [compiler, '--project', project, '--outDir', join(directory, 'types')]);
  if (code !== 0) throw new Error('The declarations of the library could not be made: see above.');
}

/**
 * One entry with everything that it imports. An application's bundler then meets no CommonJS, and no package of ours.
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
      // The index is readable as it is; a map of the inline worker would point nowhere.
      sourcemap: false,
      minify: false,
      license: { fileName: `${name}.licenses.md` },
      lib: { entry: { [name]: entry }, formats: ['es'] },
      rolldownOptions: { output: { chunkFileNames: 'inline-[name].js', minify: name === 'worker' } },
    },
  });
}
