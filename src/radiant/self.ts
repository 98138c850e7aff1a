import type { BootId, DeviceId, RadiantId } from '../wire/identifiers.ts';

/** Who this radiant is, for as long as this boot lasts. */
export interface Self {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly device: DeviceId;
  readonly startCounter: number;
  /** False in private mode: then it is never a voter. */
  readonly durable: boolean;
}
