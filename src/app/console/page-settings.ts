/** What the server that serves this page says about finding others: one place to set it (design, "Where pages live"). */
import type { IceServer } from '../../index.ts';
import { ShardbearerError } from '../../index.ts';

export interface PageSettings {
  readonly signaling: string;
  readonly iceServers: readonly IceServer[];
}

/** @param override another signaling server, from the address of this page */
export async function fetchPageSettings(override: string | undefined): Promise<PageSettings> {
  const settings = parsePageSettings(await fetchJson());
  return { ...settings, signaling: override ?? settings.signaling };
}

async function fetchJson(): Promise<unknown> {
  try {
    const response = await fetch(new URL('./settings.json', document.baseURI), { cache: 'no-store' });
    return await response.json();
  } catch (cause) {
    throw new ShardbearerError(
      'SIGNALING_UNREACHABLE',
      'the server of this page does not answer: start it and reload the page',
      { cause },
    );
  }
}

/** @throws {ShardbearerError} `INVALID_ARGUMENT` */
export function parsePageSettings(body: unknown): PageSettings {
  if (typeof body === 'object' && body !== null && 'signalingUrl' in body && typeof body.signalingUrl === 'string') {
    const iceServers =
      'iceServers' in body && Array.isArray(body.iceServers) ? body.iceServers.filter(isIceServer) : [];
    return { signaling: body.signalingUrl, iceServers };
  }
  throw new ShardbearerError('INVALID_ARGUMENT', 'settings.json of this server names no signaling server');
}

function isIceServer(value: unknown): value is IceServer {
  if (typeof value !== 'object' || value === null || !('urls' in value)) return false;
  const { urls } = value;
  return typeof urls === 'string' || (Array.isArray(urls) && urls.every((url) => typeof url === 'string'));
}
