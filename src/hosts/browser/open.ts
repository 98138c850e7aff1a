import { parseSecret } from '../../transport/secrets.ts';
import { PageLinks } from '../../transport/webrtc/page-links.ts';
import { ShardbearerError } from '../../wire/errors.ts';
import type { Shardbearer } from '../contract.ts';
import { byteValues, textValues, type ValueEncoding } from '../text-values.ts';
import { BrowserStore } from './browser-store.ts';
import { type HostSettings, type OpenOptions, requireSecureContext, settingsFrom } from './options.ts';
import { onStartOver, startedOver } from './start-over.ts';
import { ViewFeed } from './view-feed.ts';
import { WebLocks } from './web-locks.ts';
import { WorkerSupervisor } from './worker-supervisor.ts';

/**
 * Joins a cluster from this tab, or founds one, and opens its store. The tab becomes a radiant: it finds a place in
 * an order and keeps what that serves, and passes requests on to the others. Resolves as soon as the tab takes part;
 * `ready()` tells when the cluster can answer.
 * @throws {ShardbearerError} `INSECURE_CONTEXT`, `INVALID_INVITE`, `INVALID_ARGUMENT`, `STORAGE_TOO_NEW`,
 * `STORAGE_FULL`, `STORAGE_FAILED`, `LINK_FAILED` (a browser without WebRTC), `WORKER_DIED` (its script did not load)
 */
export function openShardbearer(
  options: OpenOptions & { readonly encoding: 'bytes' },
): Promise<Shardbearer<Uint8Array>>;
export function openShardbearer(
  options: OpenOptions & { readonly encoding?: 'text' | undefined },
): Promise<Shardbearer<string>>;
export async function openShardbearer(options: OpenOptions): Promise<Shardbearer<string> | Shardbearer<Uint8Array>> {
  requireSecureContext(globalThis);
  const settings = settingsFrom(options, location.href);
  if (!PageLinks.supported) {
    throw new ShardbearerError('LINK_FAILED', 'this browser has no WebRTC: tabs cannot reach each other');
  }
  const secret = settings.secret === undefined ? undefined : await parseSecret(crypto.subtle, settings.secret);
  const checked = { ...settings, secret };
  // Asks that this site's data is not the first to go when the disk is full; the browser decides.
  if (settings.role === 'radiant') void navigator.storage.persist().catch(() => false);
  return options.encoding === 'bytes'
    ? openWith(checked, options.createWorker, byteValues)
    : openWith(checked, options.createWorker, textValues);
}

async function openWith<Value extends string | Uint8Array>(
  settings: HostSettings,
  createWorker: () => Worker,
  encoding: ValueEncoding<Value>,
): Promise<Shardbearer<Value>> {
  const views = new ViewFeed({
    role: settings.role,
    radiants: [],
    signaling: 'connecting',
    storage: 'durable',
    frames: settings.framesThroughPage ? 'page' : 'worker',
    problems: [],
  });
  const { supervisor, secret } = await WorkerSupervisor.open({
    settings,
    createWorker,
    locks: new WebLocks(),
    onView: (view) => views.show(view),
    onProblem: (error) => views.addProblem(error),
  });
  const stopListening = onStartOver(() => store.abandon(startedOver()));
  const store = new BrowserStore({ supervisor, secret, encoding, views, onClosed: () => stopListening() });
  await views.until(({ radiants }) => radiants.length > 0, undefined);
  return store;
}
