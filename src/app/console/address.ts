/** What the console reads from its address, and the addresses that it makes. */

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
}

export function readAddress(address: string): AddressOptions {
  const { hash, searchParams } = new URL(address);
  return {
    secret: hash.length > 1 ? hash.slice(1) : undefined,
    framesThroughPage: searchParams.get('frames') === 'page',
    adoption: searchParams.get('adoption') !== 'off',
    signaling: searchParams.get('signaling') ?? undefined,
  };
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
