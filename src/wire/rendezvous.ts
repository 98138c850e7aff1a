/** Messages between radiants and the signaling server. */
import type {
  Forwarded,
  Join as JoinMessage,
  Member,
  MemberLeft,
  Ping,
  Pong,
  Refused,
  Signal,
  Welcome,
} from './generated/rendezvous.ts';
import type { RoomName } from './identifiers.ts';

export type { IceServer, Member as RoomMember, MemberKind } from './generated/rendezvous.ts';

/** Version of the rendezvous schema that this build speaks. */
export const RENDEZVOUS_VERSION = 1;

/**
 * The reason why the server rejects a member's message. All reasons but `unknown-member` and `too-fast` end the
 * connection.
 */
export type RendezvousRefusal =
  | 'malformed'
  | 'too-large'
  | 'version-unsupported'
  | 'not-joined'
  | 'already-joined'
  | 'room-full'
  | 'no-room-left'
  /** The member sent too many messages in one second. The server dropped this message. */
  | 'too-fast'
  | 'unknown-member'
  /** A newer connection joined the room with the same member id. */
  | 'replaced'
  | 'shutting-down';

/** First message of a member. The server answers with `welcome` or `refused`. */
export interface Join extends Omit<JoinMessage, 'room' | 'member'> {
  readonly room: RoomName;
  readonly member: Member;
}

export type MemberMessage = Join | Signal | Ping;

export type ServerMessage =
  | Welcome
  | Forwarded
  | MemberLeft
  | (Omit<Refused, 'code'> & { readonly code: RendezvousRefusal })
  | Pong;
