import type { Logger } from 'pino';
import { LIMITS } from '../src/wire/limits.ts';
import { TIMES } from '../src/wire/times.ts';
import type { IceServer } from '../src/wire/rendezvous.ts';

export interface SignalingLimits {
  readonly introducedNeighbours: number;
  readonly memberBufferedBytes: number;
  readonly messageBytes: number;
  readonly messagesEachSecond: number;
  readonly roomMembers: number;
  readonly rooms: number;
  readonly strangers: number;
  readonly strangersOfOneAddress: number;
}

export interface SignalingIntervals {
  readonly closeMs: number;
  readonly joinPatienceMs: number;
  readonly memberPingMs: number;
}

export interface SignalingOptions {
  /** The path that accepts WebSockets. Default: `/signaling`. */
  readonly path?: string;
  /** STUN and TURN servers for the members. Default: none. */
  readonly iceServers?: readonly IceServer[];
  /** Receives log messages. Default: a logger without output. */
  readonly logger?: Logger;
  readonly limits?: Partial<SignalingLimits>;
  readonly intervals?: Partial<SignalingIntervals>;
}

export const DEFAULT_PATH = '/signaling';

export const DEFAULT_LIMITS: SignalingLimits = {
  introducedNeighbours: LIMITS.signaling.introducedNeighbours,
  memberBufferedBytes: LIMITS.signaling.memberBufferedBytes,
  messageBytes: LIMITS.signaling.signalingMessageBytes,
  messagesEachSecond: LIMITS.signaling.signalingMessagesEachSecond,
  roomMembers: LIMITS.signaling.roomMembers,
  rooms: LIMITS.signaling.rooms,
  strangers: LIMITS.signaling.strangers,
  strangersOfOneAddress: LIMITS.signaling.strangersOfOneAddress,
};

export const DEFAULT_INTERVALS: SignalingIntervals = {
  closeMs: TIMES.server.signalingCloseMs,
  joinPatienceMs: TIMES.server.joinPatienceMs,
  memberPingMs: TIMES.server.memberPingMs,
};
