/** Serves the built pages and `settings.json`. */
import type { ReadStream, Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import send from 'send';
import { acceptedCodings } from './accept-encoding.ts';
import { chooseRange } from './byte-range.ts';
import { findPage, type PageFile, type Representation, representationOf, segmentsOf } from './page-file.ts';
import { answerText } from './request-guard.ts';
import type { ServingSettings } from './settings.ts';

/** Path of the signaling server, below the base path. */
export const SIGNALING_PATH = '/signaling';
/**
 * Address of the signaling server in `settings.json`. The address is relative, because a proxy can add a path that this
 * server does not know.
 */
const SIGNALING_BESIDE_PAGE = './signaling';

export interface PageSettings {
  /** A WebSocket address. A relative address is resolved against the address of `settings.json`. */
  readonly signalingUrl: string;
}

/** Answers a request for the path. Resolves to false if no page exists at the path. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<boolean>;

/**
 * The Content-Security-Policy header of all pages. The `style` attributes of Preact need inline styles, and the worker
 * of a bundled library needs blobs.
 */
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

export function servePages(settings: ServingSettings): PageHandler {
  const pageSettings = JSON.stringify({
    signalingUrl: settings.signalingUrl ?? SIGNALING_BESIDE_PAGE,
  } satisfies PageSettings);
  return async (request, response, path) => {
    if (path === '/settings.json') {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(pageSettings);
      return true;
    }
    const segments = segmentsOf(path);
    const page = segments === undefined ? undefined : await findServed(settings, segments);
    if (page === undefined) return false;
    if (page === 'directory') redirectInto(response, path);
    else await sendPage(request, response, page);
    return true;
  };
}

/**
 * Finds a file in the page directories or in another build. Tabs of an earlier build ask for files of that build. The
 * names of these files contain a hash, so they never clash.
 */
async function findServed(
  { pageDirectories, buildsDirectory }: ServingSettings,
  segments: readonly string[],
): Promise<PageFile | 'directory' | undefined> {
  const page = await findPage(pageDirectories, segments);
  if (page !== undefined || buildsDirectory === undefined || segments[0] !== 'assets') return page;
  const names = await readdir(buildsDirectory).catch(() => []);
  const builds = names.filter((name) => !name.startsWith('.')).map((name) => join(buildsDirectory, name, 'app'));
  return await findPage(builds, segments);
}

/**
 * Redirects to the path with a final slash. The address is relative, so that it stays valid behind a proxy that adds a
 * path.
 */
function redirectInto(response: ServerResponse, path: string): void {
  response.writeHead(301, { location: `./${path.slice(path.lastIndexOf('/') + 1)}/` }).end();
}

async function sendPage(request: IncomingMessage, response: ServerResponse, page: PageFile): Promise<void> {
  response.setHeader('vary', 'accept-encoding');
  const representation = await representationOf(page, acceptedCodings(textOf(request.headers['accept-encoding'])));
  if (representation === undefined) {
    answerText(response, 406, 'This page does not exist in a coding that the request accepts.');
    return;
  }
  sendRepresentation(request, response, representation);
}

function sendRepresentation(request: IncomingMessage, response: ServerResponse, representation: Representation): void {
  const { root, path } = representation;
  const encodedPath = `/${path.split('/').map(encodeURIComponent).join('/')}`;
  send(request, encodedPath, { root, index: false, cacheControl: false, dotfiles: 'allow' })
    .on('file', (_path: string, stats: Stats) => {
      describe(response, representation, stats);
      narrowRange(request, response, stats);
    })
    .on('stream', (content: ReadStream) => endWithContent(response, content))
    .on('error', (error: { status?: number }) => answerFailure(response, error.status ?? 500))
    .pipe(response);
}

function describe(response: ServerResponse, { coding, contentType, path }: Representation, stats: Stats): void {
  // File names under assets/ contain a hash of the content. All other files must be revalidated by the browser.
  const isHashed = path.startsWith('assets/');
  response.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  if (contentType !== undefined) response.setHeader('content-type', contentType);
  if (coding !== 'identity') response.setHeader('content-encoding', coding);
  // Each representation has its own tag, because byte ranges differ between representations.
  response.setHeader('etag', `"${stats.size.toString(16)}-${Math.floor(stats.mtimeMs).toString(16)}-${coding}"`);
}

/**
 * Leaves at most one simple range in the request's headers, because `send` does not read all ranges as the standard
 * says.
 */
function narrowRange(request: IncomingMessage, response: ServerResponse, stats: Stats): void {
  const { headers } = request;
  const validator = textOf(headers['if-range']);
  // A date in `If-Range` does not suffice, since a file can change twice within one second.
  const isCurrent = validator === undefined || validator === response.getHeader('etag');
  const choice = chooseRange(request.method === 'GET' && isCurrent ? headers.range : undefined, stats.size);
  delete headers['if-range'];
  delete headers.range;
  if (choice.kind === 'part') headers.range = `bytes=${choice.first}-${choice.last}`;
  if (choice.kind === 'unsatisfiable') headers.range = `bytes=${stats.size}-`;
}

/**
 * Sends the content of a file. If the file has become shorter than announced, the server ends the connection, because
 * it can no longer send an error.
 */
function endWithContent(response: ServerResponse, content: ReadStream): void {
  content.on('end', () => {
    if (content.bytesRead < Number(response.getHeader('content-length'))) response.destroy();
  });
}

function answerFailure(response: ServerResponse, status: number): void {
  const contentRange = response.getHeader('content-range');
  if (!response.headersSent) for (const name of response.getHeaderNames()) response.removeHeader(name);
  if (status === 416 && contentRange !== undefined) response.setHeader('content-range', contentRange);
  answerText(response, status);
}

const textOf = (field: string | readonly string[] | undefined): string | undefined =>
  typeof field === 'string' ? field : field?.join(', ');
