import { parseSecret } from '../../transport/secrets.ts';
import { PageLinks } from '../../transport/webrtc/page-links.ts';
import { TIMES } from '../../wire/times.ts';
import type { HostView, Shardbearer } from '../contract.ts';
import type { Decoded, Encoding } from '../key-value-contract.ts';
import { typedError } from '../error-record.ts';
import { notReadyWithin } from '../readiness.ts';
import { encodingOf, type ValueEncoding } from '../values.ts';
import { BrowserStore } from './browser-store.ts';
import { ConsoleNotices } from './console-notices.ts';
import { detachedStore } from './detached-store.ts';
import { type HostSettings, type OpenOptions, readOptions, settingsFrom } from './options.ts';
import { requirePage } from './page-context.ts';
import { onStartOver, startedOver } from './start-over.ts';
import { ViewFeed } from './view-feed.ts';
import { WebLocks } from './web-locks.ts';
import type { WorkerSource } from './worker-source.ts';
import { WorkerSupervisor } from './worker-supervisor.ts';

/**
 * Opens the store of this tab. The promise resolves as soon as the tab takes part. `ready()` waits until the cluster
 * can answer.
 */
export interface OpenStore {
  <Of extends Encoding>(options: OpenOptions & { readonly encoding: Of }): Promise<Shardbearer<Decoded<Of>>>;
  /** @typeParam Value the type of the application's JSON values */
  <Value = unknown>(options: OpenOptions & { readonly encoding?: 'json' | undefined }): Promise<Shardbearer<Value>>;
}

/**
 * Creates the function that opens a store.
 * @param loadWorker loads the worker of the tabs whose options have no `createWorker`
 * @param times intervals of the cluster; tests that cannot wait for the defaults pass shorter ones
 */
export function storeOpener(loadWorker: () => Promise<WorkerSource>, times = TIMES): OpenStore {
  async function open<Value>(options: OpenOptions): Promise<Shardbearer<Value>> {
    requirePage(globalThis, PageLinks.supported);
    const read = readOptions(options);
    const values = encodingOf(read.encoding ?? 'json');
    const settings = settingsFrom(read, location.href, times);
    const secret = settings.secret === undefined ? undefined : await parseSecret(crypto.subtle, settings.secret);
    const checked = { ...settings, secret };
    const { createWorker } = read;
    const worker =
      createWorker === undefined ? await loadWorker() : ({ owner: 'application', create: createWorker } as const);
    if (settings.role === 'radiant') void askForPersistence();
    return await openWith<Value>(checked, worker, values);
  }
  return open;
}

/** Asks the browser to keep the data of this site when the disk is full. A refusal changes nothing. */
async function askForPersistence(): Promise<void> {
  try {
    await navigator.storage.persist();
  } catch {
    // Private mode and blocked site data reject the request. An old browser lacks the interface.
  }
}

async function openWith<Value>(
  settings: HostSettings,
  worker: WorkerSource,
  encoding: ValueEncoding,
): Promise<Shardbearer<Value>> {
  const views = new ViewFeed({
    role: settings.role,
    radiants: [],
    signaling: 'connecting',
    storage: 'durable',
    frames: settings.framesThroughPage ? 'page' : 'worker',
    problems: [],
  });
  const { signalingUrl } = settings;
  const notices = new ConsoleNotices(signalingUrl);
  const { supervisor, secret } = await WorkerSupervisor.open({
    settings,
    worker,
    locks: new WebLocks(),
    onView: (view) => {
      views.show(view);
      notices.look(view);
    },
    onProblem: (error) => views.addProblem(error),
  });
  const stopListening = onStartOver(() => store.abandon(startedOver()));
  const store = new BrowserStore({
    supervisor,
    secret,
    encoding,
    views,
    notices,
    signalingUrl,
    times: settings.times,
    onClosed: () => stopListening(),
  });
  const timeoutMs = settings.times.client.requestDeadlineMs;
  const late = (view: HostView) => notReadyWithin(view, signalingUrl, timeoutMs);
  try {
    await views.until(({ radiants }) => radiants.length > 0, undefined, { timeoutMs, late });
  } catch (error) {
    store.abandon(typedError(error));
    throw error;
  }
  return detachedStore<Value>(store);
}
