import type { BootId, DeviceId, RadiantId } from '../wire/identifiers.ts';

/** The identity of this radiant during one boot. */
export interface Identity {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly device: DeviceId;
  readonly startCounter: number;
  /** It can store data. False in private mode and for clients, which are members of no order. */
  readonly durable: boolean;
  /** It only forwards an application's requests. */
  readonly clientOnly: boolean;
}
