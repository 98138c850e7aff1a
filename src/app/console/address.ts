/** Parses the address of the console, and makes invite links. */

import type { FoundingPreferences } from '../../hosts/browser/options.ts';
import { InvalidArgumentError } from '../../wire/errors.ts';

/** Options in the address of the page, for tests and lessons. */
interface AddressOptions {
  /** The cluster's secret, which is the text after `#`. Undefined: the address has no secret. */
  readonly secret: string | undefined;
  /**
   * `?frames=page`: frames travel through the page, even in a browser that could transfer data channels to the worker.
   */
  readonly framesThroughPage: boolean;
  /** `?adoption=off`: this tab adopts no radiants of closed tabs. A class can then watch a radiant die. */
  readonly adoption: boolean;
  /** `?signaling=ws://…`: the signaling server to use. Without it, the page uses the server that its settings name. */
  readonly signaling: string | undefined;
  /** `?role=client`: this tab takes part without storing data. */
  readonly role: 'radiant' | 'client';
  /** `?radiants=3&orders=1&shards=64`: the size of the cluster, if this tab founds one. */
  readonly founding: FoundingPreferences;
}

/**
 * Parses the address, and rejects a misspelt option. A misspelt `role=client` would found a cluster.
 * @throws {ShardbearerError} `INVALID_ARGUMENT`
 */
export function readAddress(address: string): AddressOptions {
  const { hash, searchParams } = new URL(address);
  for (const name of searchParams.keys()) checkName(name);
  return {
    secret: hash.length > 1 ? hash.slice(1) : undefined,
    framesThroughPage: choiceIn(searchParams, 'frames', ['worker', 'page']) === 'page',
    adoption: choiceIn(searchParams, 'adoption', ['on', 'off']) !== 'off',
    signaling: searchParams.get('signaling') ?? undefined,
    role: choiceIn(searchParams, 'role', ['radiant', 'client']) ?? 'radiant',
    founding: {
      radiants: numberIn(searchParams, 'radiants'),
      orders: numberIn(searchParams, 'orders'),
      shards: numberIn(searchParams, 'shards'),
    },
  };
}

const NAMES: readonly string[] = ['frames', 'adoption', 'signaling', 'role', 'radiants', 'orders', 'shards'];

/**
 * Rejects a name that differs from an option only in its spelling, such as a capital letter from a phone's keyboard.
 * Unrelated names are accepted, because other services add them to links.
 */
function checkName(name: string): void {
  const meant = name.trim().toLowerCase();
  if (name === meant || !NAMES.includes(meant)) return;
  throw new InvalidArgumentError(`the address says ?${name}=; it can say ?${meant}=`);
}

function choiceIn<Choice extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  const list = choices.map((one) => `?${name}=${one}`).join(' or ');
  throw new InvalidArgumentError(`the address says ?${name}=${text}; it can say ${list}`);
}

/** Parses a whole number. `openShardbearer` checks the bounds of the number. */
function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d+$/u.test(text)) return Number(text);
  throw new InvalidArgumentError(`the address says ?${name}=${text}; it can say a whole number, as in ?${name}=3`);
}

/** The address of this page with the secret after `#`. Browsers do not send that part to servers. */
export function inviteLink(address: string, secret: string): string {
  const link = new URL(address);
  link.hash = secret;
  return link.href;
}

/** The address without a secret. It rejoins this device's last cluster, or founds one. */
export function bareAddress(address: string): string {
  const link = new URL(address);
  link.hash = '';
  return link.href;
}
