/**
 * The network between radiants. Links open and close with delay; frames are delayed, lost, duplicated and reordered.
 */
import type { Urgency } from '../../transport/contract.ts';
import { type LinkId, type RadiantId, asLinkId } from '../../wire/identifiers.ts';
import { TIMES } from '../../wire/times.ts';
import { CALM, type Conditions } from './conditions.ts';
import { Connection, type ConnectionEnd } from './connection.ts';
import { Connections } from './connections.ts';
import type { Endpoint } from './endpoint.ts';
import { describeFrame } from './frame-description.ts';
import { isReply } from './frame-direction.ts';
import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { Trace } from '../trace.ts';
import { type BlockKind, Ways } from './ways.ts';

const SEEK_MS = 700;
const SILENCE_CHECK_MS = 250;

export class SimulatedNetwork {
  conditions: Conditions = CALM;
  /** False during an outage of signaling. A radiant then finds others only through a neighbour, over the mesh. */
  signalingUp = true;
  framesSent = 0;
  framesLost = 0;
  framesHeld = 0;
  /** Number of frames with a longer delay than a calm network has. */
  framesDelayed = 0;
  framesDuplicated = 0;
  framesReordered = 0;
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #endpoints = new Set<Endpoint>();
  readonly #connections = new Connections();
  readonly #ways = new Ways();
  readonly #attempts = new Set<string>();
  readonly #lastLink = new Map<Endpoint, number>();

  constructor(timeline: Timeline, random: Random, trace: Trace) {
    this.#timeline = timeline;
    this.#random = random;
    this.#trace = trace;
    const sweep = (): void => {
      this.#closeSilent();
      timeline.after(SILENCE_CHECK_MS, sweep);
    };
    timeline.after(SILENCE_CHECK_MS, sweep);
  }

  /** Adds an endpoint. From now on the endpoint looks for neighbours. */
  attach(endpoint: Endpoint): void {
    this.#endpoints.add(endpoint);
    const seek = (): void => {
      if (!this.#endpoints.has(endpoint)) return;
      for (const other of this.#endpoints) this.#attempt(endpoint, other);
      this.#timeline.after(this.#random.between(0.6, 1.4) * SEEK_MS, seek);
    };
    this.#timeline.after(this.#random.between(5, 60), seek);
  }

  /** Removes an endpoint. Others learn of its end from a goodbye, or else from its silence. */
  detach(endpoint: Endpoint, goodbye: boolean): void {
    this.#endpoints.delete(endpoint);
    this.#lastLink.delete(endpoint);
    for (const connection of this.#connections.of(endpoint)) {
      const end = connection.endOf(endpoint);
      if (end === undefined) continue;
      end.open = false;
      if (goodbye) this.#closeFarEnd(connection, end, 'goodbye');
    }
  }

  send(endpoint: Endpoint, link: LinkId, bytes: Uint8Array, urgency: Urgency): void {
    const found = this.#connections.find(endpoint, link);
    if (found === undefined) return;
    this.framesSent++;
    const { from, to } = found;
    const block = this.#ways.blockBetween(endpoint.place, to.endpoint.place);
    if (block === 'lose' || this.#random.chance(this.#conditionsFor(bytes).loss)) {
      this.framesLost++;
      this.#trace.record(endpoint.name, 'lost', undefined, () => `a frame to ${to.endpoint.name}`);
      return;
    }
    if (block === 'hold') {
      this.framesHeld++;
      from.held.push({ bytes, urgency });
    } else this.#transmit(from, to, bytes, urgency);
  }

  connect(endpoint: Endpoint, radiant: RadiantId): void {
    for (const other of this.#endpoints) if (other.radiant === radiant) this.#attempt(endpoint, other);
  }

  disconnect(endpoint: Endpoint, link: LinkId): void {
    const found = this.#connections.find(endpoint, link);
    if (found === undefined) return;
    found.from.open = false;
    this.#closeFarEnd(found.connection, found.from, 'closed');
  }

  /** Blocks all frames from one place to another. */
  block(from: string, to: string, kind: BlockKind): void {
    this.#ways.block(from, to, kind);
    this.#trace.record('network', 'blocked', undefined, () => `${from} → ${to} (${kind})`);
  }

  /** Unblocks all ways. Held frames arrive now. */
  unblockAll(): void {
    if (this.#ways.areFree) return;
    this.#ways.unblockAll();
    this.#trace.record('network', 'unblocked');
    for (const connection of this.#connections) {
      for (const [from, to] of connection.directions()) this.#free(from, to);
    }
  }

  /** Unblocks one way. Held frames arrive now. */
  unblock(fromPlace: string, toPlace: string): void {
    if (!this.#ways.unblock(fromPlace, toPlace)) return;
    this.#trace.record('network', 'unblocked', undefined, () => `${fromPlace} → ${toPlace}`);
    for (const connection of this.#connections) {
      for (const [from, to] of connection.directions()) {
        if (from.endpoint.place === fromPlace && to.endpoint.place === toPlace) this.#free(from, to);
      }
    }
  }

  isBlocked(from: string, to: string): boolean {
    return this.#ways.blockBetween(from, to) !== undefined;
  }

  /** Forbids direct links between two places. Other radiants relay between them. */
  neverLink(place: string, other: string): void {
    this.#ways.neverLink(place, other);
  }

  cutSomeLink(): void {
    const open = [...this.#connections].filter((connection) => connection.ends.every((end) => end.open));
    const connection = this.#random.pick(open);
    for (const end of connection?.ends ?? []) this.#close(end, 'failed');
  }

  isLinked(endpoint: Endpoint, other: Endpoint): boolean {
    for (const { ends } of this.#connections.between(endpoint, other)) if (ends.every((end) => end.open)) return true;
    return false;
  }

  #free(from: ConnectionEnd, to: ConnectionEnd): void {
    // The receiving end hears its peer again, so its silence ends.
    to.silentSinceMs = undefined;
    for (const { bytes, urgency } of from.held.splice(0)) this.#transmit(from, to, bytes, urgency);
  }

  #attempt(endpoint: Endpoint, other: Endpoint): void {
    if (endpoint.radiant === other.radiant || !this.#canMeet(endpoint, other)) return;
    const pair = [endpoint.boot, other.boot].sort().join();
    if (this.#attempts.has(pair) || this.#hasConnection(endpoint, other)) return;
    this.#attempts.add(pair);
    this.#timeline.after(this.#random.between(20, 120), () => {
      this.#attempts.delete(pair);
      if (this.#endpoints.has(endpoint) && this.#endpoints.has(other) && this.#canMeet(endpoint, other)) {
        this.#open(endpoint, other);
      }
    });
  }

  #canMeet(endpoint: Endpoint, other: Endpoint): boolean {
    if (!this.#ways.mayLink(endpoint.place, other.place)) return false;
    const [mine, theirs] = [endpoint.cluster(), other.cluster()];
    if (mine !== undefined && theirs !== undefined && mine !== theirs) return false;
    return this.signalingUp || (this.#hasNeighbour(endpoint) && this.#hasNeighbour(other));
  }

  #hasNeighbour(endpoint: Endpoint): boolean {
    for (const connection of this.#connections.of(endpoint)) if (connection.endOf(endpoint)?.open === true) return true;
    return false;
  }

  #hasConnection(endpoint: Endpoint, other: Endpoint): boolean {
    for (const { ends } of this.#connections.between(endpoint, other)) if (ends.some((end) => end.open)) return true;
    return false;
  }

  #open(endpoint: Endpoint, other: Endpoint): void {
    const connection = new Connection(
      { endpoint, link: this.#nextLink(endpoint) },
      { endpoint: other, link: this.#nextLink(other) },
    );
    this.#connections.add(connection);
    for (const [near, far] of connection.directions()) {
      const delayMs = this.#latencyMs();
      // A frame that arrives before this end has opened waits until then.
      const arrivalMs = this.#timeline.nowMs + delayMs;
      Object.assign(far.lastArrivalMs, { urgent: arrivalMs, bulk: arrivalMs, call: arrivalMs });
      this.#timeline.after(delayMs, () => {
        if (!near.open) return;
        near.reported = true;
        const { radiant, boot } = far.endpoint;
        this.#trace.record(near.endpoint.name, 'link-opened', undefined, () => `to ${far.endpoint.name}`);
        near.endpoint.deliver({
          kind: 'link-opened',
          link: near.link,
          neighbour: { radiant, boot, cluster: far.endpoint.cluster() },
        });
      });
    }
  }

  #nextLink(endpoint: Endpoint): LinkId {
    const number = (this.#lastLink.get(endpoint) ?? 0) + 1;
    this.#lastLink.set(endpoint, number);
    return asLinkId(number);
  }

  #transmit(from: ConnectionEnd, to: ConnectionEnd, bytes: Uint8Array, urgency: Urgency): void {
    const { latencyMs, duplication, reordering, reorderedByMs } = this.#conditionsFor(bytes);
    const copies = this.#random.chance(duplication) ? 2 : 1;
    this.framesDuplicated += copies - 1;
    for (let copy = 0; copy < copies; copy++) {
      const delayMs = this.#random.within(latencyMs);
      if (delayMs > CALM.latencyMs[1]) this.framesDelayed++;
      let arrivalMs = this.#timeline.nowMs + delayMs;
      if (this.#random.chance(reordering)) {
        this.framesReordered++;
        arrivalMs += this.#random.within(reorderedByMs);
      } else {
        arrivalMs = Math.max(arrivalMs, from.lastArrivalMs[urgency]);
        from.lastArrivalMs[urgency] = arrivalMs;
      }
      this.#timeline.after(arrivalMs - this.#timeline.nowMs, () => {
        if (!to.open || !to.reported) return;
        this.#trace.record(
          to.endpoint.name,
          'frame',
          bytes,
          () => `from ${from.endpoint.name}: ${describeFrame(bytes)}`,
        );
        to.endpoint.deliver({ kind: 'frame', link: to.link, bytes });
      });
    }
  }

  #conditionsFor(bytes: Uint8Array): Conditions {
    const { replies } = this.conditions;
    return replies !== undefined && isReply(bytes) ? replies : this.conditions;
  }

  #latencyMs(): number {
    return this.#random.within(this.conditions.latencyMs);
  }

  /**
   * Tells the other end that the link has closed, if the way is open. Otherwise the other end closes after
   * `linkSilenceMs` without a frame.
   */
  #closeFarEnd(connection: Connection, end: ConnectionEnd, reason: 'goodbye' | 'closed'): void {
    const far = connection.otherEnd(end);
    if (this.isBlocked(end.endpoint.place, far.endpoint.place)) return;
    this.#timeline.after(this.#latencyMs(), () => this.#close(far, reason));
  }

  #close(end: ConnectionEnd, reason: 'goodbye' | 'failed' | 'silent' | 'closed'): void {
    if (!end.open) return;
    end.open = false;
    end.held.length = 0;
    if (!end.reported) return;
    this.#trace.record(end.endpoint.name, 'link-closed', undefined, () => `link ${end.link}: ${reason}`);
    end.endpoint.deliver({ kind: 'link-closed', link: end.link, reason });
  }

  /** Closes each end that heard no ping for `linkSilenceMs`. */
  #closeSilent(): void {
    for (const connection of this.#connections) {
      for (const [near, far] of connection.directions()) {
        if (!near.open) continue;
        const silent = !far.open || this.isBlocked(far.endpoint.place, near.endpoint.place);
        near.silentSinceMs = silent ? (near.silentSinceMs ?? this.#timeline.nowMs) : undefined;
        if (near.silentSinceMs === undefined) continue;
        if (this.#timeline.nowMs - near.silentSinceMs >= TIMES.links.linkSilenceMs) this.#close(near, 'silent');
      }
      if (connection.ends.every((end) => !end.open)) this.#connections.delete(connection);
    }
  }
}
