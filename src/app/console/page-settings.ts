/** Finds the signaling server in settings.json. The server of the page may have no such file. */
import { Backoff } from '../../transport/backoff.ts';
import type { Scheduler } from '../../transport/scheduler.ts';
import { TIMES } from '../../wire/times.ts';

/** Address of the default signaling server. It is relative to the page, because a proxy can add a path. */
const SIGNALING_BESIDE_PAGE = './signaling';

const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'ws:', 'wss:']);

function besidePage(relative: string, pageAddress: string): string {
  const address = new URL(relative, pageAddress);
  address.hash = '';
  return address.href;
}

export interface Settings {
  readonly signaling: string;
  /** Whether settings.json was read. */
  readonly areConfirmed: boolean;
}

/**
 * Loads the settings, and never rejects. Without a readable settings.json, the page uses the signaling server at
 * `./signaling`.
 */
export async function loadSettings(pageAddress: string, get: typeof fetch): Promise<Settings> {
  const signaling = await readSignaling(pageAddress, get);
  return signaling === undefined
    ? { signaling: besidePage(SIGNALING_BESIDE_PAGE, pageAddress), areConfirmed: false }
    : { signaling, areConfirmed: true };
}

/** Reads the signaling address in settings.json. Undefined: the file does not exist or could not be read. */
async function readSignaling(pageAddress: string, get: typeof fetch): Promise<string | undefined> {
  const address = besidePage('./settings.json', pageAddress);
  try {
    const response = await get(address, {
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMES.page.settingsAnswerMs),
    });
    return response.ok ? parseSignaling(await response.json(), address) : undefined;
  } catch {
    // The request failed, timed out, or returned a page instead of JSON.
    return undefined;
  }
}

/** @param address the base address, if the signaling address is relative */
function parseSignaling(body: unknown, address: string): string | undefined {
  if (typeof body !== 'object' || body === null || !('signalingUrl' in body)) return undefined;
  const { signalingUrl } = body;
  if (typeof signalingUrl !== 'string' || signalingUrl === '' || !URL.canParse(signalingUrl, address)) return undefined;
  const { protocol, href } = new URL(signalingUrl, address);
  return PROTOCOLS.has(protocol) ? href : undefined;
}

interface SettingsWatch {
  readonly used: Settings;
  readonly pageAddress: string;
  readonly get: typeof fetch;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  /** Whether another signaling server is no longer needed, because the current one answers or the store has ended. */
  readonly isSettled: () => boolean;
  /** Called if settings.json names another signaling server than the current one. */
  readonly onOther: () => void;
}

/** Reads settings.json again, with back-off, until it is read or `isSettled` returns true. */
export function watchSettings(watch: SettingsWatch): void {
  if (watch.used.areConfirmed) return;
  const backoff = new Backoff(TIMES.page.settingsRetryMs, TIMES.page.settingsRetryMaximumMs, watch.random);
  const retry = async () => {
    if (watch.isSettled()) return;
    const found = await loadSettings(watch.pageAddress, watch.get);
    if (!found.areConfirmed) later();
    else if (found.signaling !== watch.used.signaling && !watch.isSettled()) watch.onOther();
  };
  const later = () => {
    watch.scheduler.after(backoff.nextDelayMs(), () => void retry());
  };
  later();
}
