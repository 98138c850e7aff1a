/** What the console reads from its address, and the addresses that it makes. */

import type { FoundingWishes } from '../../index.ts';

/** Options in the query of the address, for tests and lessons. */
export interface AddressOptions {
  /** What follows `#`; undefined in a bare address. */
  readonly secret: string | undefined;
  /** `?frames=page`: frames travel through the page even where a channel could be transferred. */
  readonly framesThroughPage: boolean;
  /** `?adoption=off`: this tab takes up no radiants of closed tabs, so that a class sees a death. */
  readonly adoption: boolean;
  /** `?signaling=ws://…`: another signaling server than the one that serves this page. */
  readonly signaling: string | undefined;
  /** `?role=client`: this tab takes part without data of its own. */
  readonly role: 'radiant' | 'client';
  /** `?radiants=3&orders=1&shards=64`: what a cluster that is founded here begins with. */
  readonly founding: FoundingWishes;
}

export function readAddress(address: string): AddressOptions {
  const { hash, searchParams } = new URL(address);
  return {
    secret: hash.length > 1 ? hash.slice(1) : undefined,
    framesThroughPage: searchParams.get('frames') === 'page',
    adoption: searchParams.get('adoption') !== 'off',
    signaling: searchParams.get('signaling') ?? undefined,
    role: searchParams.get('role') === 'client' ? 'client' : 'radiant',
    founding: {
      radiants: numberIn(searchParams.get('radiants')),
      orders: numberIn(searchParams.get('orders')),
      shards: numberIn(searchParams.get('shards')),
    },
  };
}

/** What is no number is refused where the store is opened, with a word about it. */
function numberIn(text: string | null): number | undefined {
  return text === null ? undefined : Number(text);
}

/** This page's address as an invite link: everything as it is, and the secret where no server sees it. */
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
