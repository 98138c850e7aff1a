/** Reads the address of the console, and makes invite links. */

import type { FoundingPreferences } from '../../hosts/browser/options.ts';
import { InvalidArgumentError } from '../../wire/errors.ts';

/** Options in the query of the address, for tests and lessons. */
interface AddressOptions {
  /** The text after `#`. Undefined in a bare address. */
  readonly secret: string | undefined;
  /** `?frames=page`: frames travel through the page even where a channel could be transferred. */
  readonly framesThroughPage: boolean;
  /** `?adoption=off`: this tab adopts no radiants of closed tabs, so a class can watch a radiant die. */
  readonly adoption: boolean;
  /** `?signaling=ws://…`: another signaling server than the one that serves this page. */
  readonly signaling: string | undefined;
  /** `?role=client`: this tab takes part without data of its own. */
  readonly role: 'radiant' | 'client';
  /** `?radiants=3&orders=1&shards=64`: the size of a cluster that is founded here. */
  readonly founding: FoundingPreferences;
}

/**
 * Refuses a misspelt option. A misspelt `role=client` must not found a cluster.
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

/** Keyboards of phones begin with a capital letter. Unknown names are accepted, because other services add them to links. */
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

/** `openShardbearer` checks the bounds of the number. */
function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d+$/u.test(text)) return Number(text);
  throw new InvalidArgumentError(`the address says ?${name}=${text}; it can say a whole number, as in ?${name}=3`);
}

/** The address of this page with the secret after `#`, which browsers do not send to servers. */
export function inviteLink(address: string, secret: string): string {
  const link = new URL(address);
  link.hash = secret;
  return link.href;
}

/** The address without a secret: rejoins this device's last cluster, else founds one. */
export function bareAddress(address: string): string {
  const link = new URL(address);
  link.hash = '';
  return link.href;
}
