import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: pathOf('src/app'),
  publicDir: pathOf('public'),
  // Relative addresses: the pages also work below a path of some other server.
  base: './',
  build: {
    outDir: pathOf('dist/app'),
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: true,
    // The worker is one file on purpose: it starts with one request, and can be copied.
    chunkSizeWarningLimit: 1_000,
    // Timings of plug-ins say more of a busy machine than of the build.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  worker: { format: 'es' },
  test: {
    root: pathOf('.'),
    environment: 'node',
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/property-seed.ts'],
    // Test files share their workers, so modules are loaded and compiled once. No test mocks a module or leaves a global
    // changed.
    isolate: false,
    // More than the default of a single worker on two cores: some tests wait, and all of them stand a busy machine.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    // A bound on hanging, not on speed: two cores may be busy with other things.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
