/** Deletes everything that Shardbearer stores on this device. That includes clusters, secrets, identities and data. */
import { ShardbearerError } from '../../wire/errors.ts';
import { TIMES } from '../../wire/times.ts';
import { DeviceRegistry } from '../../storage/indexeddb/device.ts';
import { randomBytes } from './randomness.ts';
import { requireBrowser } from './page-context.ts';
import { WebLocks } from './web-locks.ts';

const CHANNEL = 'shardbearer-device';
const START_OVER = 'start-over';
const PREFIX = 'shardbearer-';
const LOOK_AGAIN_MS = 25;

/**
 * Calls back when a tab of this device starts over.
 * @returns the function that stops listening
 */
export function onStartOver(leave: () => void): () => void {
  const channel = openChannel();
  channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (data === START_OVER) leave();
  });
  return () => channel?.close();
}

/**
 * Returns undefined if the browser denies channels. Other tabs then get no message, but `othersHaveLeft` still waits
 * for their locks.
 */
function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return undefined;
  }
}

export function startedOver(): ShardbearerError {
  return new ShardbearerError('CLOSED', 'This device starts over. Reload the page to join or found a cluster.');
}

/**
 * Tells all tabs of this origin on this device to leave, then deletes all data of Shardbearer here. Data on other
 * devices stays.
 * @throws {ShardbearerError} `INSECURE_CONTEXT`; `STORAGE_UNAVAILABLE`; `STORAGE_FAILED` if another tab keeps its
 * databases open, for example a frozen one. Then nothing is deleted.
 */
export async function startOverOnThisDevice(): Promise<void> {
  requireBrowser(globalThis);
  const channel = openChannel();
  channel?.postMessage(START_OVER);
  channel?.close();
  await othersHaveLeft();
  await new DeviceRegistry(randomBytes).forgetEverything();
}

/** Resolves once no worker of this origin holds a lock. A worker frees its locks when it ends. */
async function othersHaveLeft(): Promise<void> {
  const locks = new WebLocks();
  const deadlineMs = performance.now() + TIMES.page.forgetDeadlineMs;
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
