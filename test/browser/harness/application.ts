/** An application that uses the library. Its directory is outside of this repository, like that of a user. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build as buildByEsbuild } from 'esbuild';
import { rollup } from 'rollup';
import { build as buildByVite, createServer } from 'vite';
import { run } from '../../../scripts/run.mjs';
import { ROOT } from './paths.ts';

/** How the library is installed. `link`: as by `npm install ../shardbearer`. `copy`: as from a registry. */
export type Installation = 'link' | 'copy';

export interface DevelopmentServer {
  readonly address: string;
  close(): Promise<void>;
}

export class Application {
  readonly #directory = mkdtempSync(join(tmpdir(), 'shardbearer-application-'));

  readonly #sources: readonly string[];

  /** @param files further files by name, next to the main file */
  constructor(code: string, installation: Installation, files: Readonly<Record<string, string>> = {}) {
    const installed = join(this.#directory, 'node_modules', 'shardbearer');
    mkdirSync(dirname(installed));
    if (installation === 'link') symlinkSync(ROOT, installed, 'dir');
    else {
      // The copy needs no other package.
      cpSync(join(ROOT, 'package.json'), join(installed, 'package.json'));
      cpSync(join(ROOT, 'dist', 'lib'), join(installed, 'dist', 'lib'), { recursive: true });
    }
    this.#write('package.json', '{ "private": true, "type": "module" }');
    this.#write('main.ts', code);
    for (const [name, content] of Object.entries(files)) this.#write(name, content);
    this.#sources = ['main.ts', ...Object.keys(files)].map((name) => join(this.#directory, name));
    this.#write('index.html', '<!doctype html><script type="module" src="./main.ts"></script>');
  }

  async typeErrors(): Promise<string> {
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const options =
      '--ignoreConfig --noEmit --strict --skipLibCheck --target es2023 --module esnext --moduleResolution bundler';
    const { code, output } = await run(process.execPath, [compiler, ...options.split(' '), ...this.#sources], {
      quiet: true,
    });
    return code === 0 ? '' : output;
  }

  /** Starts Vite in development mode, with the README's proxy for `/signaling`. */
  async develop(signalingOrigin: string): Promise<DevelopmentServer> {
    const server = await createServer({
      configFile: false,
      root: this.#directory,
      logLevel: 'warn',
      server: { host: '127.0.0.1', port: 0, proxy: { '/signaling': { target: signalingOrigin, ws: true } } },
    });
    await server.listen();
    const address = server.httpServer?.address();
    if (typeof address !== 'object' || address === null) throw new Error('Vite listens on no port');
    return { address: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
  }

  /** Builds the application with Vite. @returns the directory of the pages */
  async buildByVite(): Promise<string> {
    const outDir = join(this.#directory, 'by-vite');
    await buildByVite({
      configFile: false,
      root: this.#directory,
      base: './',
      logLevel: 'warn',
      worker: { format: 'es' },
      build: { outDir, target: 'es2023' },
    });
    return outDir;
  }

  async buildByEsbuild(): Promise<string> {
    const outDir = join(this.#directory, 'by-esbuild');
    const { warnings } = await buildByEsbuild({
      absWorkingDir: this.#directory,
      entryPoints: ['main.ts'],
      bundle: true,
      format: 'esm',
      outdir: outDir,
      logLevel: 'silent',
    });
    return this.#finish(
      outDir,
      warnings.map(({ text }) => text),
    );
  }

  /** Builds the application with Rollup. The code must be JavaScript, because Rollup does not read TypeScript. */
  async buildByRollup(): Promise<string> {
    const outDir = join(this.#directory, 'by-rollup');
    const warnings: string[] = [];
    const bundle = await rollup({
      input: 'main.js',
      // This plugin resolves packages in the way of @rollup/plugin-node-resolve.
      plugins: [{ name: 'resolve', resolveId: (id) => this.#resolve(id) }],
      onwarn: ({ message }) => warnings.push(message),
    });
    await bundle.write({ dir: outDir, format: 'es' });
    await bundle.close();
    return this.#finish(outDir, warnings);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #resolve(id: string): string | undefined {
    if (id === 'main.js') return join(this.#directory, 'main.ts');
    if (id === 'shardbearer') return join(this.#directory, 'node_modules', 'shardbearer', 'dist', 'lib', 'index.js');
    return undefined;
  }

  /** Completes a build. @throws if the bundler printed a warning */
  #finish(outDir: string, warnings: readonly string[]): string {
    if (warnings.length > 0) throw new Error(warnings.join('\n'));
    const page = readFileSync(join(this.#directory, 'index.html'), 'utf8').replace('main.ts', 'main.js');
    writeFileSync(join(outDir, 'index.html'), page);
    return outDir;
  }

  #write(name: string, content: string): void {
    writeFileSync(join(this.#directory, name), content);
  }
}
