/** The entry point of the worker, which runs the radiants of this tab with storage, timers and signaling. */
import { answerCalls } from '../call-channel.ts';
import { WebLocks } from './web-locks.ts';
import { TabWorker } from './tab-worker.ts';
import type { WorkerCalls, WorkerTopics } from './worker-protocol.ts';

const tab = new TabWorker(new WebLocks());

answerCalls<WorkerCalls, WorkerTopics>(tab.handlers, { view: (listener) => tab.watch(listener) });
