import type { BootId, DeviceId, RadiantId } from '../wire/identifiers.ts';

/** Who this radiant is, for as long as this boot lasts. */
export interface Identity {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly device: DeviceId;
  readonly startCounter: number;
  /** It can remember: false in private mode, and for one that only passes requests on. Then it is a member of nothing. */
  readonly durable: boolean;
  /** It only passes an application's requests on. */
  readonly clientOnly: boolean;
}
