/** What the server that serves this page says about finding others. STUN and TURN servers come from the signaling server. */
import { ShardbearerError } from '../../wire/errors.ts';

export interface PageSettings {
  readonly signaling: string;
}

/** @param override another signaling server, from the address of this page */
export async function fetchPageSettings(override: string | undefined): Promise<PageSettings> {
  const settings = parsePageSettings(await fetchJson());
  return override === undefined ? settings : { signaling: override };
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
    return { signaling: body.signalingUrl };
  }
  throw new ShardbearerError('INVALID_ARGUMENT', 'settings.json of this server names no signaling server');
}
