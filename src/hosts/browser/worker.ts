/** The entry of the worker, which runs the radiants of this tab with storage, timers and signaling. */
import type { Endpoint } from 'comlink';
import { answerCalls } from '../call-channel.ts';
import { WebLocks } from './web-locks.ts';
import { TabWorker } from './tab-worker.ts';
import type { WorkerCalls, WorkerTopics } from './worker-protocol.ts';

const tab = new TabWorker(new WebLocks());
// The types know `postMessage` of a page only. A worker has the same form.
const page: Endpoint = {
  postMessage: (message: unknown, transfer: Transferable[] = []) => globalThis.postMessage(message, { transfer }),
  addEventListener: (type, listener) => globalThis.addEventListener(type, listener),
  removeEventListener: (type, listener) => globalThis.removeEventListener(type, listener),
};

answerCalls<WorkerCalls, WorkerTopics>(
  page,
  {
    hold: (lock) => tab.hold(lock),
    ping: () => Promise.resolve(),
    start: (argument) => tab.start(argument),
    request: (call, signal) => tab.host.client.request(call, signal),
    leave: ({ timeoutMs }, signal) => tab.leave(signal, timeoutMs),
    close: () => tab.close(),
  },
  { view: (listener) => tab.watch(listener) },
);
