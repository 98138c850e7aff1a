import type { Urgency } from '../../transport/contract.ts';
import type { LinkId } from '../../wire/identifiers.ts';
import type { Endpoint } from './endpoint.ts';

/** One end of a simulated link. Each end closes separately, so the states of the two ends may differ for seconds. */
export interface ConnectionEnd {
  readonly endpoint: Endpoint;
  readonly link: LinkId;
  open: boolean;
  /** Whether the radiant was told that the link is open. */
  reported: boolean;
  /** Frames that were sent into a blocked way and wait until it is open. */
  readonly held: { readonly bytes: Uint8Array; readonly urgency: Urgency }[];
  /** By urgency: the arrival time of the latest frame. The next frame arrives no earlier. */
  readonly lastArrivalMs: Record<Urgency, number>;
  silentSinceMs: number | undefined;
}

/** A link between two radiant boots. */
export class Connection {
  readonly ends: readonly [ConnectionEnd, ConnectionEnd];

  constructor(one: Pick<ConnectionEnd, 'endpoint' | 'link'>, other: Pick<ConnectionEnd, 'endpoint' | 'link'>) {
    this.ends = [makeEnd(one), makeEnd(other)];
  }

  endOf(endpoint: Endpoint): ConnectionEnd | undefined {
    return this.ends[0].endpoint === endpoint
      ? this.ends[0]
      : this.ends[1].endpoint === endpoint
        ? this.ends[1]
        : undefined;
  }

  otherEnd(end: ConnectionEnd): ConnectionEnd {
    return this.ends[0] === end ? this.ends[1] : this.ends[0];
  }

  joins(endpoint: Endpoint, other: Endpoint): boolean {
    return this.endOf(endpoint) !== undefined && this.endOf(other) !== undefined;
  }

  /** The pairs of sending and receiving end, one for each direction. */
  directions(): readonly (readonly [near: ConnectionEnd, far: ConnectionEnd])[] {
    return [
      [this.ends[0], this.ends[1]],
      [this.ends[1], this.ends[0]],
    ];
  }
}

function makeEnd({ endpoint, link }: Pick<ConnectionEnd, 'endpoint' | 'link'>): ConnectionEnd {
  return {
    endpoint,
    link,
    open: true,
    reported: false,
    held: [],
    lastArrivalMs: { urgent: 0, bulk: 0, call: 0 },
    silentSinceMs: undefined,
  };
}
