/**
 * Sends frames over the direct link, or over one neighbour of the receiver. Admits, relays or rejects incoming frames.
 */
import type { Urgency } from '../../transport/contract.ts';
import { ShardbearerError } from '../../wire/errors.ts';
import type { Body, EncodedFrame, Frame, FrameHeader } from '../../wire/frames/frame.ts';
import {
  checkCluster,
  decodeBody,
  decodeHeader,
  encodeBody,
  encodeFrame,
  encodeFrameAround,
  encodeRelayed,
} from '../../wire/frames/frame-codec.ts';
import type { BootId, ClusterId, LinkId, OrderId, RadiantId } from '../../wire/identifiers.ts';
import { LIMITS } from '../../wire/limits.ts';
import type { EffectQueue } from '../event.ts';
import type { Link, Peers } from './peers.ts';
import type { InputErrors } from '../input-errors.ts';
import type { Identity } from '../identity.ts';

/** One boot of a radiant. */
export interface Endpoint {
  readonly radiant: RadiantId;
  /** Boot of the radiant. Undefined means any boot. */
  readonly boot: BootId | undefined;
}

export interface OutgoingFrame {
  readonly receiver: RadiantId;
  /** Boot of the receiver. Undefined means any boot. */
  readonly receiverBoot: BootId | undefined;
  readonly group: OrderId | undefined;
  readonly urgency: Urgency;
  readonly body: Body;
}

export class Router {
  /** The cluster of this radiant. Undefined until it is known. A founder knows it from the start. */
  cluster: ClusterId | undefined;
  readonly #identity: Identity;
  readonly #peers: Peers;
  readonly #effects: EffectQueue;
  readonly #inputErrors: InputErrors;

  constructor(identity: Identity, peers: Peers, effects: EffectQueue, inputErrors: InputErrors) {
    this.#identity = identity;
    this.#peers = peers;
    this.#effects = effects;
    this.#inputErrors = inputErrors;
  }

  /**
   * Sends a frame.
   * @returns whether a link was found; arrival is never certain
   */
  send(frame: OutgoingFrame): boolean {
    const link = this.#nextHop(frame.receiver, undefined);
    if (link === undefined) return false;
    this.sendOver(link, frame);
    return true;
  }

  sendOver(link: Link, frame: OutgoingFrame): void {
    const bytes = encodeFrame({ ...this.#headerOf(frame), body: frame.body });
    this.#effects.push({ kind: 'send', link: link.link, bytes, urgency: frame.urgency });
  }

  /** Sends one body to many receivers, each over its link. */
  sendToAll(ways: Iterable<readonly [RadiantId, Link]>, body: Body): void {
    const encoded = encodeBody(body);
    for (const [receiver, link] of ways) {
      const header = this.#headerOf({ receiver, receiverBoot: undefined, group: undefined, urgency: 'urgent' });
      const bytes = encodeFrameAround(header, encoded);
      this.#effects.push({ kind: 'send', link: link.link, bytes, urgency: 'urgent' });
    }
  }

  /** The link over which a frame for the radiant would be sent now. */
  wayTo(radiant: RadiantId): Link | undefined {
    return this.#nextHop(radiant, undefined);
  }

  #headerOf({ receiver, receiverBoot, group, urgency }: Omit<OutgoingFrame, 'body'>): FrameHeader {
    return {
      cluster: this.cluster,
      sender: this.#identity.radiant,
      senderBoot: this.#identity.boot,
      receiver,
      receiverBoot,
      group,
      hopLimit: LIMITS.messages.hops,
      urgent: urgency === 'urgent',
    };
  }

  /**
   * Checks a frame.
   * @returns the frame, if it is valid and for this radiant
   */
  admit(linkId: LinkId, bytes: Uint8Array): Frame | undefined {
    const link = this.#peers.link(linkId);
    if (link === undefined) return undefined;
    let encoded: EncodedFrame;
    let body: Body | undefined;
    try {
      encoded = decodeHeader(bytes);
      this.#checkWay(link, encoded.header);
      if (encoded.header.receiver === this.#identity.radiant) body = readBody(link, encoded.body);
    } catch (error) {
      this.#inputErrors.note(error);
      return undefined;
    }
    if (body === undefined) {
      this.#relay(link, encoded);
      return undefined;
    }
    const frame = { ...encoded.header, body };
    this.#peers.heard(link, frame.sender, frame.senderBoot);
    return frame;
  }

  #checkWay(link: Link, header: FrameHeader): void {
    checkCluster(header, this.cluster);
    const { neighbour } = link;
    if (header.sender === this.#identity.radiant) throw misdirected('its own frame came back');
    if (header.sender === neighbour.radiant) {
      if (header.senderBoot !== neighbour.boot) throw misdirected('its sender has another boot id than the greeting');
    } else if (header.hopLimit >= LIMITS.messages.hops) {
      throw misdirected('a neighbour sent it in the name of another radiant');
    }
    const { receiver, receiverBoot } = header;
    if (receiver === this.#identity.radiant && receiverBoot !== undefined && receiverBoot !== this.#identity.boot) {
      throw misdirected('it is for another boot of this radiant');
    }
  }

  #relay(from: Link, frame: EncodedFrame): void {
    const relayed = this.#inputErrors.read(() => this.#wayOn(from, frame));
    if (relayed === undefined) return;
    const urgency = frame.header.urgent ? 'urgent' : 'bulk';
    this.#effects.push({ kind: 'send', link: relayed.link, bytes: relayed.bytes, urgency });
  }

  #wayOn(from: Link, frame: EncodedFrame): { readonly link: LinkId; readonly bytes: Uint8Array } {
    const next = this.#nextHop(frame.header.receiver, from.neighbour.radiant);
    if (next === undefined) throw misdirected('this radiant has no link to its receiver');
    const bytes = encodeRelayed(frame);
    if (bytes === undefined) throw misdirected('it was relayed too often');
    return { link: next.link, bytes };
  }

  #nextHop(receiver: RadiantId, except: RadiantId | undefined): Link | undefined {
    const direct = this.#peers.linkTo(receiver);
    const { clock } = this.#peers;
    if (direct !== undefined && clock.nowMs - direct.heardMs < clock.times.liveness.neighbourSilenceMs) return direct;
    return this.#peers.relayTo(receiver, except) ?? direct;
  }
}

/**
 * Decodes a body that arrived over a link. A neighbour repeats its presence twice a second, mostly byte for byte. An
 * equal presence is not decoded again.
 * @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE`
 */
function readBody(link: Link, bytes: Uint8Array): Body {
  const known = link.presence;
  if (known?.bytes.length === bytes.length && isSame(bytes, known.bytes)) return known.body;
  const body = decodeBody(bytes);
  // The bytes are copied, because they may be a view of a larger frame.
  if (body.kind === 'presence') link.presence = { bytes: bytes.slice(), body };
  return body;
}

/** Whether two arrays of the same length are equal. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, at) => byte === other[at]);
}

function misdirected(why: string): ShardbearerError {
  return new ShardbearerError('FRAME_MISDIRECTED', `A frame was rejected because ${why}.`);
}
