/** A store, its channel, and the worker's call server, as in a tab. Only the radiant is missing. */
import { Client } from '../../src/client/client.ts';
import { BrowserStore } from '../../src/hosts/browser/browser-store.ts';
import { detachedStore } from '../../src/hosts/browser/detached-store.ts';
import { ConsoleNotices } from '../../src/hosts/browser/console-notices.ts';
import { ViewFeed } from '../../src/hosts/browser/view-feed.ts';
import type { WorkerCalls, WorkerTopics } from '../../src/hosts/browser/worker-protocol.ts';
import { answerCalls, callsTo } from '../../src/hosts/call-channel.ts';
import { ClientDriver } from '../../src/hosts/client-driver.ts';
import type { HostView } from '../../src/hosts/contract.ts';
import type { Decoded, Encoding } from '../../src/hosts/key-value-contract.ts';
import { encodingOf } from '../../src/hosts/values.ts';
import { ShardbearerError, withEffect } from '../../src/wire/errors.ts';
import type { Answer, Request } from '../../src/wire/frames/frame.ts';
import { TIMES } from '../../src/wire/times.ts';
import { formedView, radiant } from '../client/bench.ts';

const open: (() => void)[] = [];

export function closeTabs(): void {
  for (const end of open.splice(0)) end();
}

const VIEW: HostView = {
  role: 'radiant',
  radiants: [],
  signaling: 'connected',
  storage: 'durable',
  frames: 'worker',
  problems: [],
};

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}

/** A worker without a radiant. A real channel connects it to a call server that collects the requests. */
function worker(leaves: 'when asked' | 'never') {
  const { port1, port2 } = new MessageChannel();
  const sent: Request[] = [];
  let nowMs = 0;
  const environment = {
    nowMs: () => nowMs,
    random: () => 0,
    randomBytes: (length: number) => new Uint8Array(length),
    times: TIMES,
  };
  const driver = new ClientDriver(new Client({ environment }));
  const answer = (request: Request, given: Answer) => {
    driver.handle({ kind: 'reply', reply: { id: request.id, answer: given } });
  };
  driver.radiant = {
    handle: ({ request }) => {
      if (request.question.kind !== 'open-session') sent.push(request);
      else queueMicrotask(() => answer(request, { kind: 'session-opened' }));
    },
  };
  driver.handle({ kind: 'view', view: formedView({ herald: radiant(1) }) });
  /** Databases close after the driver has answered, as in a host. */
  const close = async () => {
    driver.close();
    await nextTask();
  };
  answerCalls<WorkerCalls, WorkerTopics>(
    {
      hold: async () => undefined,
      ping: async () => undefined,
      start: async () => ({ secret: '' }),
      request: ({ call, timeoutMs }, signal) => driver.request(call, signal, timeoutMs),
      leave: async () => {
        if (leaves === 'never') throw new ShardbearerError('LAST_RADIANT', 'Nobody else holds the data.');
        await close();
        return VIEW;
      },
      close,
    },
    { view: () => () => undefined },
    port1,
  );
  open.push(() => [port1, port2].forEach((port) => port.close()));
  const advance = (elapsedMs: number) => {
    nowMs += elapsedMs;
    driver.handle({ kind: 'tick' });
  };
  return { calls: callsTo<WorkerCalls, WorkerTopics>(port2), driver, sent, answer, advance };
}

export function openTab<Of extends Encoding>(encoding: Of) {
  let current = worker('when asked');
  let ended: ShardbearerError | undefined;
  const views = new ViewFeed(VIEW);
  const store = new BrowserStore({
    supervisor: {
      running: undefined,
      untilRunning: async () => {
        if (ended !== undefined) throw withEffect(ended, 'none');
        return current.calls;
      },
      end: (error) => {
        ended = error;
        current.calls.fail(error);
      },
    },
    secret: 'secret',
    encoding: encodingOf(encoding),
    views,
    notices: new ConsoleNotices('ws://localhost/signaling', () => undefined),
    signalingUrl: 'ws://localhost/signaling',
    times: TIMES,
    onClosed: () => undefined,
  });
  /** Kills the worker and starts another one. A `refusing` worker answers every call with an error. */
  const kill = (next: 'open' | 'refusing' = 'open') => {
    const { calls } = current;
    current = worker(next === 'refusing' ? 'never' : 'when asked');
    if (next === 'refusing') current.driver.close();
    calls.fail(new ShardbearerError('WORKER_DIED', 'The worker of this tab ended.'));
  };
  const answer = (request: Request, given: Answer) => current.answer(request, given);
  /** Lets the clock of the worker advance by this time and by one tick. */
  const advance = (elapsedMs: number) => current.advance(elapsedMs);
  return { store: detachedStore<Decoded<Of>>(store), views, kill, sentBy: () => current.sent, answer, advance };
}

export const caught = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error);
