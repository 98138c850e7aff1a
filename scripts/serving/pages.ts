/** The built pages, and what a page must know before it can find others. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';
import type { ServingSettings } from './settings.ts';

/** Where the signaling server listens for WebSockets, below its origin. */
export const SIGNALING_PATH = '/signaling';

/** The body of `/settings.json`. */
export interface PageSettings {
  /** A WebSocket address, or a path below the page's own origin. */
  readonly signalingUrl: string;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Inline styles are what Preact's `style` makes; blob workers are what a bundled library makes. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "connect-src 'self' ws: wss:",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self' blob:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

export function servePages(settings: ServingSettings): RequestHandler {
  const pageSettings = JSON.stringify({
    signalingUrl: settings.signalingUrl ?? SIGNALING_PATH,
  } satisfies PageSettings);
  const directories = settings.pageDirectories.map((directory) => sirv(directory, { etag: true, setHeaders }));
  return (request, response, next) => {
    if (request.url === '/settings.json') {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(pageSettings);
      return;
    }
    const serveFrom = (position: number): void => {
      const directory = directories[position];
      if (directory === undefined) next();
      else directory(request, response, () => serveFrom(position + 1));
    };
    serveFrom(0);
  };
}

function setHeaders(response: ServerResponse, pathname: string): void {
  // Names under assets/ contain a hash of their content; all else is asked for anew.
  const kept = pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  response.setHeader('cache-control', kept);
  response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
}
