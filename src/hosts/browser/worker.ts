/** The entry point of the worker, which runs the radiants of this tab with storage, timers and signaling. */
import { startWorker } from './start-worker.ts';

startWorker();
