/** The entry of the worker, which runs the radiants of this tab with storage, timers and signaling. */
import { assert } from '../../wire/assertion.ts';
import { answerCalls } from '../call-channel.ts';
import { WebLocks } from './web-locks.ts';
import { TabWorker } from './tab-worker.ts';
import type { WorkerCalls, WorkerTopics } from './worker-protocol.ts';

const tab = new TabWorker(new WebLocks());

answerCalls<WorkerCalls, WorkerTopics>(
  {
    hold: (lock) => tab.hold(lock),
    ping: () => Promise.resolve(),
    start: (argument) => tab.start(argument),
    request: (call, signal) => {
      assert(tab.host !== undefined, 'the page starts its worker before other calls');
      return tab.host.client.request(call, signal);
    },
    leave: ({ timeoutMs }, signal) => tab.leave(signal, timeoutMs),
    close: () => tab.close(),
  },
  { view: (listener) => tab.watch(listener) },
);
