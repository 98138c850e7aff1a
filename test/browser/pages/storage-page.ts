/** Starts the worker that runs storage. */
new Worker(new URL('./storage-worker.ts', import.meta.url), { type: 'module' });
