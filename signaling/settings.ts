import type { Logger } from 'pino';
import { INTERVALS, LIMITS } from '../src/wire/limits.ts';
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
  introducedNeighbours: LIMITS.introducedNeighbours,
  memberBufferedBytes: LIMITS.memberBufferedBytes,
  messageBytes: LIMITS.signalingMessageBytes,
  messagesEachSecond: LIMITS.signalingMessagesEachSecond,
  roomMembers: LIMITS.roomMembers,
  rooms: LIMITS.rooms,
  strangers: LIMITS.strangers,
  strangersOfOneAddress: LIMITS.strangersOfOneAddress,
};

export const DEFAULT_INTERVALS: SignalingIntervals = {
  closeMs: INTERVALS.signalingCloseMs,
  joinPatienceMs: INTERVALS.joinPatienceMs,
  memberPingMs: INTERVALS.memberPingMs,
};
