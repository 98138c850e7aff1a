/** The entry point `shardbearer/start-worker`, for workers that an application builds. */
import type { AnyMachine } from '../../store/machine.ts';
import { Machines } from '../../store/machines.ts';
import { answerCalls } from '../call-channel.ts';
import { TabWorker } from './tab-worker.ts';
import { WebLocks } from './web-locks.ts';
import type { WorkerCalls, WorkerTopics } from './worker-protocol.ts';

export type { AnyMachine } from '../../store/machine.ts';

export interface WorkerOptions {
  /** The machines of the application, which `defineMachine` has made. Default: none. */
  readonly machines?: readonly AnyMachine[] | undefined;
}

/**
 * Runs the radiants of a tab in this worker, with storage, timers and signaling. Call it once, while the script of the
 * worker runs and before its first `await`. Otherwise the worker misses the calls of its page.
 * @throws {ShardbearerError} `INVALID_ARGUMENT` if two machines have the same name
 */
export function startWorker({ machines = [] }: WorkerOptions = {}): void {
  // The check comes before the first call, so that the page learns of it at once.
  const checked = new Machines(machines).list;
  const tab = new TabWorker(new WebLocks(), checked);
  answerCalls<WorkerCalls, WorkerTopics>(tab.handlers, { view: (listener) => tab.watch(listener) });
}
