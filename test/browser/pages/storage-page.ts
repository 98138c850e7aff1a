/** Storage lives in workers: this page only starts one. */
new Worker(new URL('./storage-worker.ts', import.meta.url), { type: 'module' });
