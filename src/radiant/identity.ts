import type { BootId, DeviceId, RadiantId } from '../wire/identifiers.ts';

export interface Identity {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly device: DeviceId;
  readonly startCounter: number;
  /** Whether the radiant can store data. False in private mode and for clients, which are members of no order. */
  readonly durable: boolean;
  /** Whether the radiant only forwards an application's requests. */
  readonly clientOnly: boolean;
}

/** Builds the identity of a boot from its database and the options of its host. */
export function identityOf(
  { radiant, boot, device, startCounter }: Pick<Identity, 'radiant' | 'boot' | 'device' | 'startCounter'>,
  { durable, role }: { readonly durable: boolean; readonly role?: 'member' | 'client' },
): Identity {
  const clientOnly = role === 'client';
  return { radiant, boot, device, startCounter, durable: durable && !clientOnly, clientOnly };
}
