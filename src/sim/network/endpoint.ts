import type { TransportEvent } from '../../transport/contract.ts';
import type { BootId, ClusterId, RadiantId } from '../../wire/identifiers.ts';

/** One radiant boot as the network knows it. */
export interface Endpoint {
  readonly radiant: RadiantId;
  readonly boot: BootId;
  /** Place in the network: faults separate places. */
  readonly place: string;
  /** How people see it in a trace. */
  readonly name: string;
  cluster(): ClusterId | undefined;
  deliver(event: TransportEvent): void;
}
