import type { Urgency } from '../../transport/contract.ts';
import type { LinkId } from '../../wire/identifiers.ts';
import type { Endpoint } from './endpoint.ts';

/** One end of a simulated link. Each end closes separately, so the two may differ for seconds. */
export interface ConnectionEnd {
  readonly endpoint: Endpoint;
  readonly link: LinkId;
  open: boolean;
  /** Whether the radiant knows that the link is open. */
  reported: boolean;
  /** Sent frames that a blocked way holds back. */
  readonly held: { readonly bytes: Uint8Array; readonly urgency: Urgency }[];
  /** Arrival of the latest frame of each urgency. The next frame arrives no earlier. */
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

  /** Each end with its peer. */
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
