import { ShardbearerError } from '../../wire/errors.ts';
import { type OpenStore, storeOpener } from './open.ts';
import type { WorkerSource } from './worker-source.ts';

/**
 * Joins a cluster from this tab, or founds one, and opens its store. The tab becomes a radiant with a place in an
 * order. It keeps a copy of the order's data and forwards other requests. The promise resolves as soon as the tab takes
 * part. `ready()` waits until the cluster can answer.
 * @throws {ShardbearerError} `UNSUPPORTED_PLATFORM`, `INSECURE_CONTEXT`, `INVALID_INVITE`, `INVALID_ARGUMENT`,
 * `STORAGE_TOO_NEW`, `STORAGE_FULL`, `STORAGE_FAILED`, `STORAGE_HUNG`, `WORKER_DIED` (its script did not load)
 */
export const openShardbearer: OpenStore = storeOpener(loadInlineWorker);

/** Loads the inline worker on demand. An application with its own worker does not download these 500 KB. */
async function loadInlineWorker(): Promise<WorkerSource> {
  try {
    const { default: InlineWorker } = await import('./worker.ts?worker&inline');
    return { owner: 'library', create: () => new InlineWorker() };
  } catch (cause) {
    throw new ShardbearerError(
      'WORKER_DIED',
      'The part of the library with the worker could not be loaded. Reload the page.',
      { cause, effect: 'none' },
    );
  }
}
