/**
 * Checks the STUN and TURN servers of the configuration. One malformed server makes a browser refuse every connection
 * of the page.
 */
import { LIMITS } from './limits.ts';
import type { IceServer } from './rendezvous.ts';

type IceServersRead =
  | { readonly kind: 'read'; readonly servers: readonly IceServer[] }
  /** The given servers are invalid. `why` is one sentence without a full stop. */
  | { readonly kind: 'refused'; readonly why: string };

/**
 * Pattern for the address of a STUN or TURN server. `stun:` has no query. `turn:` can name its transport. The host is a
 * name or an address, with IPv6 in brackets.
 */
const ADDRESS =
  /^(?:stuns?:(?<stun>[^:/?#@\s[\]]+|\[[\da-f:.]+\])(?::(?<stunPort>\d+))?|turns?:(?<turn>[^:/?#@\s[\]]+|\[[\da-f:.]+\])(?::(?<turnPort>\d+))?(?:\?transport=(?:udp|tcp))?)$/iu;
const LARGEST_PORT = 65_535;

/**
 * Checks the servers and copies them into plain data. The given objects may be proxies of a UI framework, which cannot
 * be sent to a worker.
 */
export function readIceServers(given: unknown): IceServersRead {
  if (!Array.isArray(given)) return refused('the servers are no list');
  if (given.length > LIMITS.links.iceServers)
    return refused(`${given.length} are named and the limit is ${LIMITS.links.iceServers}`);
  const servers: IceServer[] = [];
  for (const entry of given) {
    const read = readIceServer(entry);
    if (read.kind === 'refused') return read;
    servers.push(read.server);
  }
  return { kind: 'read', servers };
}

function readIceServer(entry: unknown): { readonly kind: 'read'; readonly server: IceServer } | Refused {
  if (typeof entry !== 'object' || entry === null || !('urls' in entry)) return refused('each has the field `urls`');
  const given: readonly unknown[] = Array.isArray(entry.urls) ? entry.urls : [entry.urls];
  const urls = given.filter((url) => typeof url === 'string');
  if (urls.length < given.length) return refused('`urls` is one address or a list of addresses');
  if (urls.length === 0 || urls.length > LIMITS.links.iceServers) {
    return refused(`\`urls\` names ${urls.length} addresses, and can name 1 to ${LIMITS.links.iceServers}`);
  }
  const wrong = urls.find((url) => !isAddress(url));
  if (wrong !== undefined) return refused(whyNotAddress(wrong));
  const username = 'username' in entry ? entry.username : undefined;
  const credential = 'credential' in entry ? entry.credential : undefined;
  if (!isOptionalText(username) || !isOptionalText(credential)) {
    return refused(`\`username\` and \`credential\` are text of up to ${LIMITS.links.addressCharacters} characters`);
  }
  const turn = urls.find((url) => /^turns?:/iu.test(url));
  if (turn !== undefined && !(username && credential)) {
    return refused(`${turn} is a TURN server, which needs \`username\` and \`credential\``);
  }
  return { kind: 'read', server: { urls, username, credential } };
}

type Refused = Extract<IceServersRead, { kind: 'refused' }>;

function refused(why: string): Refused {
  return { kind: 'refused', why };
}

function isAddress(url: string): boolean {
  const { groups } = (url.length <= LIMITS.links.addressCharacters ? ADDRESS.exec(url) : undefined) ?? {};
  if (groups === undefined) return false;
  const port = Number(groups['stunPort'] ?? groups['turnPort'] ?? 1);
  return port >= 1 && port <= LARGEST_PORT;
}

function whyNotAddress(url: string): string {
  const form = 'stun:host:port or turn:host:port?transport=tcp';
  if (url.length > LIMITS.links.addressCharacters) {
    return `an address has ${url.length} characters and the limit is ${LIMITS.links.addressCharacters}`;
  }
  return `${JSON.stringify(url)} is not an address of the form ${form}`;
}

/**
 * Whether the value is missing or a text within the limit. Clients reject the signaling server's answer if it contains
 * a longer text.
 */
function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value.length <= LIMITS.links.addressCharacters);
}
