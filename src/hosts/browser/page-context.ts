/** Checks that a store can be opened in this context, which must be a page in a secure context with WebRTC. */
import { ShardbearerError } from '../../wire/errors.ts';

/** The parts of a global object that identify the platform. Node has only `process`. */
interface GlobalScope {
  readonly document?: unknown;
  readonly isSecureContext?: unknown;
  readonly location?: unknown;
  readonly process?: unknown;
}

/**
 * @param hasWebRtc whether this browser can make peer connections
 * @throws {ShardbearerError} `UNSUPPORTED_PLATFORM` outside of a page or without WebRTC; `INSECURE_CONTEXT`
 */
export function requirePage(scope: GlobalScope, hasWebRtc: boolean): void {
  requireBrowser(scope);
  if (scope.document === undefined) {
    throw unsupported(
      'openShardbearer() was called in a worker, and WebRTC exists only in pages. Call it in the page, and send the ' +
        'worker what it needs.',
    );
  }
  if (!hasWebRtc) {
    throw unsupported('This browser has no WebRTC, so tabs cannot link. Use another browser, or allow WebRTC.');
  }
}

/**
 * Checks for a browser in a secure context. Web Locks and Web Crypto exist only in secure contexts.
 * @throws {ShardbearerError} `UNSUPPORTED_PLATFORM` outside of a browser; `INSECURE_CONTEXT`
 */
export function requireBrowser(scope: GlobalScope): void {
  if (typeof scope.isSecureContext !== 'boolean') {
    throw unsupported(
      `Shardbearer runs in a browser, and this is ${nameOf(scope)}. Call it on the client only: in the browser's code, or in a ` +
        'hook such as useEffect or onMounted.',
    );
  }
  if (scope.isSecureContext) return;
  throw new ShardbearerError(
    'INSECURE_CONTEXT',
    `${originOf(scope)} is no secure context. Open the page over HTTPS, or as http://localhost.`,
  );
}

function nameOf({ process }: GlobalScope): string {
  const isNode = typeof process === 'object' && process !== null && 'versions' in process;
  return isNode ? 'Node.js' : 'another platform';
}

function originOf({ location }: GlobalScope): string {
  return typeof location === 'object' && location !== null && 'origin' in location
    ? String(location.origin)
    : 'This page';
}

function unsupported(message: string): ShardbearerError {
  return new ShardbearerError('UNSUPPORTED_PLATFORM', message);
}
