/** Forgetting everything on this device: clusters, secrets, identities and data. */
import { ShardbearerError } from '../../wire/errors.ts';
import { INTERVALS } from '../../wire/limits.ts';
import { DeviceRegistry } from '../../storage/indexeddb/device.ts';
import { randomBytes } from './browser-environment.ts';
import { requireBrowser } from './page-context.ts';
import { WebLocks } from './web-locks.ts';

const CHANNEL = 'shardbearer-device';
const START_OVER = 'start-over';
/** What every lock of this library begins with. */
const PREFIX = 'shardbearer-';
const LOOK_AGAIN_MS = 25;

/** Calls back when this or another tab of the device starts over; returns how to stop. */
export function onStartOver(leave: () => void): () => void {
  const channel = openChannel();
  channel?.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (data === START_OVER) leave();
  });
  return () => channel?.close();
}

/** Undefined where the browser denies it: other tabs are not told then, but their locks are still waited for. */
function openChannel(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return undefined;
  }
}

/** What a tab of this device says from then on. */
export function startedOver(): ShardbearerError {
  return new ShardbearerError('CLOSED', 'This device starts over. Reload the page to join or found a cluster.');
}

/**
 * Tells all tabs of this origin on this device to leave, and then deletes all that Shardbearer keeps here. What lives
 * on other devices stays there.
 * @throws {ShardbearerError} `INSECURE_CONTEXT`; `STORAGE_UNAVAILABLE`; `STORAGE_FAILED` where another tab does not let go (it may be frozen): nothing is deleted
 */
export async function startOverOnThisDevice(): Promise<void> {
  requireBrowser(globalThis);
  const channel = openChannel();
  channel?.postMessage(START_OVER);
  channel?.close();
  await othersHaveLeft();
  await new DeviceRegistry(randomBytes).forgetEverything();
}

/** Workers that are gone hold no locks. */
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
