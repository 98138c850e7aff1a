import { ShardbearerError } from '../../wire/errors.ts';
import { type OpenStore, storeOpener } from './open.ts';
import type { WorkerSource } from './worker-source.ts';

/**
 * Joins a cluster from this tab, or founds one, and opens its store. The tab becomes a radiant: it gets a place in an
 * order, keeps a copy of what the order serves, and passes other requests on. Resolves as soon as the tab takes part;
 * `ready()` says when the cluster can answer.
 * @throws {ShardbearerError} `UNSUPPORTED_PLATFORM`, `INSECURE_CONTEXT`, `INVALID_INVITE`, `INVALID_ARGUMENT`, `STORAGE_TOO_NEW`,
 * `STORAGE_FULL`, `STORAGE_FAILED`, `STORAGE_HUNG`, `WORKER_DIED` (its script did not load)
 */
export const openShardbearer: OpenStore = storeOpener(loadInlineWorker);

/** Loaded on demand, so an application with its own worker does not download these 500 KB. */
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
