import type { TransportEvent } from '../../transport/contract.ts';
import type { BootId, ClusterId, RadiantId } from '../../wire/identifiers.ts';

/** A radiant boot in the network. */
export interface Endpoint {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  /** Location in the network. Partitions separate locations. */
  readonly place: string;
  readonly name: string;
  cluster(): ClusterId | undefined;
  deliver(event: TransportEvent): void;
}
