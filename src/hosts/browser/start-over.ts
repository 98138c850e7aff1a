/** Deletes everything on this device: clusters, secrets, identities and data. */
import { ShardbearerError } from '../../wire/errors.ts';
import { INTERVALS } from '../../wire/limits.ts';
import { DeviceRegistry } from '../../storage/indexeddb/device.ts';
import { randomBytes } from './browser-environment.ts';
import { requireBrowser } from './page-context.ts';
import { WebLocks } from './web-locks.ts';

const CHANNEL = 'shardbearer-device';
const START_OVER = 'start-over';
/** Prefix of every lock of this library. */
const PREFIX = 'shardbearer-';
const LOOK_AGAIN_MS = 25;

/** Calls back when a tab of this device starts over. Returns the function that ends it. */
export function onStartOver(leave: () => void): () => void {
  const channel = openChannel();
  channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (data === START_OVER) leave();
  });
  return () => channel?.close();
}

/** Undefined if the browser denies it. Then other tabs are not told, but their locks are still awaited. */
function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return undefined;
  }
}

/** The error of a store after its device started over. */
export function startedOver(): ShardbearerError {
  return new ShardbearerError('CLOSED', 'This device starts over. Reload the page to join or found a cluster.');
}

/**
 * Tells all tabs of this origin on this device to leave, then deletes all data of Shardbearer here. Data on other
 * devices stays.
 * @throws {ShardbearerError} `INSECURE_CONTEXT`; `STORAGE_UNAVAILABLE`; `STORAGE_FAILED` if another tab keeps its
 * databases open, for example a frozen one: then nothing is deleted
 */
export async function startOverOnThisDevice(): Promise<void> {
  requireBrowser(globalThis);
  const channel = openChannel();
  channel?.postMessage(START_OVER);
  channel?.close();
  await othersHaveLeft();
  await new DeviceRegistry(randomBytes).forgetEverything();
}

/** A worker that ended holds no lock. */
async function othersHaveLeft(): Promise<void> {
  const locks = new WebLocks();
  const deadlineMs = performance.now() + INTERVALS.forgetDeadlineMs;
  for (;;) {
    const { holders } = await locks.table();
    if (![...holders.keys()].some((name) => name.startsWith(PREFIX))) return;
    if (performance.now() > deadlineMs) throw stillHeld();
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_AGAIN_MS);
    });
  }
}

function stillHeld(): ShardbearerError {
  return new ShardbearerError(
    'STORAGE_FAILED',
    'Another tab of this site still uses its data, so nothing was deleted. Close all other tabs and try again.',
    { effect: 'none' },
  );
}
