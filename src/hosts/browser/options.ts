/** What an application says when it opens the store, checked at the border. */
import type { IceServer } from '../../wire/rendezvous.ts';
import { InvalidArgumentError, ShardbearerError } from '../../wire/errors.ts';

export interface OpenOptions {
  /** Address of the signaling server: `ws://…`, `wss://…`, or a path on this page's own server. */
  readonly signaling: string;
  /**
   * Secret of the cluster to join, as in its invite link: `location.hash.slice(1)` will do. Without one, or with an
   * empty one, this device's last cluster is joined again, and where there is none a new cluster is founded.
   */
  readonly secret?: string | undefined;
  /** Makes the worker that runs this tab's radiants: bundlers differ in how a worker is named. */
  readonly createWorker: () => Worker;
  /** What values are. Default: `text`. */
  readonly encoding?: 'text' | 'bytes' | undefined;
  /** Whether this tab takes up the radiants of this device's closed tabs. Default: true. */
  readonly adoption?: boolean | undefined;
  /** Whether frames travel through the page even where a channel could be transferred. Default: false. */
  readonly framesThroughPage?: boolean | undefined;
  /** STUN and TURN servers. Default: none, which is enough inside of one network. */
  readonly iceServers?: readonly IceServer[] | undefined;
  /** How many voters a cluster founded here waits for: an odd number. Default: 3. */
  readonly replicationFactor?: number | undefined;
  /** Consensus algorithm of a cluster founded here. Default: `raft`. */
  readonly algorithm?: string | undefined;
}

/** The same, complete, as plain data that crosses to the worker. */
export interface HostSettings {
  readonly signalingUrl: string;
  readonly secret: string | undefined;
  readonly adoption: boolean;
  readonly framesThroughPage: boolean;
  readonly iceServers: readonly IceServer[];
  readonly replicationFactor: number;
  readonly algorithm: string;
}

const LARGEST_REPLICATION_FACTOR = 7;

/**
 * Checks the options and fills in the defaults.
 * @throws {ShardbearerError} `INVALID_ARGUMENT`
 */
export function settingsFrom(options: OpenOptions, pageAddress: string): HostSettings {
  const { replicationFactor = 3, encoding = 'text' } = options;
  const odd = Number.isInteger(replicationFactor) && replicationFactor % 2 === 1;
  if (!odd || replicationFactor < 1 || replicationFactor > LARGEST_REPLICATION_FACTOR) {
    throw new InvalidArgumentError(
      `replicationFactor is an odd number up to ${LARGEST_REPLICATION_FACTOR}, not ${replicationFactor}`,
    );
  }
  if (encoding !== 'text' && encoding !== 'bytes') {
    throw new InvalidArgumentError(`encoding is 'text' or 'bytes', not ${JSON.stringify(encoding)}`);
  }
  if (typeof options.createWorker !== 'function') {
    throw new InvalidArgumentError('createWorker is a function that makes the worker');
  }
  if (options.secret !== undefined && typeof options.secret !== 'string') {
    throw new InvalidArgumentError(`secret is text, as it follows # in an invite link, not ${typeof options.secret}`);
  }
  const { iceServers = [] } = options;
  if (!Array.isArray(iceServers) || !iceServers.every(isIceServer)) {
    throw new InvalidArgumentError("iceServers is a list such as [{ urls: ['stun:stun.example.org'] }]");
  }
  return {
    signalingUrl: signalingAddress(options.signaling, pageAddress),
    secret: options.secret === '' ? undefined : options.secret,
    adoption: options.adoption ?? true,
    framesThroughPage: options.framesThroughPage ?? false,
    iceServers,
    replicationFactor,
    algorithm: options.algorithm ?? 'raft',
  };
}

function isIceServer(server: unknown): boolean {
  if (typeof server !== 'object' || server === null || !('urls' in server)) return false;
  return Array.isArray(server.urls) && server.urls.every((url) => typeof url === 'string');
}

/** A path becomes an address on the page's own server, secure where the page is. */
function signalingAddress(signaling: string, pageAddress: string): string {
  if (typeof signaling !== 'string' || !URL.canParse(signaling, pageAddress)) {
    throw new InvalidArgumentError(
      'signaling is the address of a signaling server, such as wss://example.org/signaling',
    );
  }
  const address = new URL(signaling, pageAddress);
  address.hash = '';
  if (address.protocol === 'http:') address.protocol = 'ws:';
  if (address.protocol === 'https:') address.protocol = 'wss:';
  if (address.protocol !== 'ws:' && address.protocol !== 'wss:') {
    throw new InvalidArgumentError(`signaling is an address that begins with ws:// or wss://, not ${address.protocol}`);
  }
  return address.href;
}

/**
 * Web Locks and Web Crypto exist only in secure contexts.
 * @throws {ShardbearerError} `INSECURE_CONTEXT`
 */
export function requireSecureContext(scope: {
  readonly isSecureContext: boolean;
  readonly location: Pick<Location, 'origin'>;
}): void {
  if (scope.isSecureContext) return;
  throw new ShardbearerError(
    'INSECURE_CONTEXT',
    `${scope.location.origin} is no secure context: open the page over HTTPS, or on localhost`,
  );
}
