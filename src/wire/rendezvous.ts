/** What radiants and the signaling server say to each other. The server reads all of it but `sealed`. */
import type { RadiantId, RoomName } from './identifiers.ts';

/** Version of the rendezvous schema that this build speaks. */
export const RENDEZVOUS_VERSION = 1;

/** A `client` only passes an application's requests on, and is introduced to nobody. */
export type MemberKind = 'radiant' | 'client';

export interface RoomMember {
  readonly id: RadiantId;
  readonly kind: MemberKind;
}

/** As `RTCPeerConnection` takes it. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string | undefined;
  readonly credential: string | undefined;
}

/** Why the server does not do what a member asked. All but `unknown-member` and `too-fast` end the connection. */
export type RendezvousRefusal =
  | 'malformed'
  | 'too-large'
  | 'version-unsupported'
  | 'not-joined'
  | 'already-joined'
  | 'room-full'
  | 'no-room-left'
  /** More messages each second than one member may send: this one was dropped. */
  | 'too-fast'
  /** The signal was for somebody who is not in the room. */
  | 'unknown-member'
  /** A newer connection joined as the same member. */
  | 'replaced'
  | 'shutting-down';

/** First message from a member to the server; answered by `welcome` or `refused`. */
export interface Join {
  readonly kind: 'join';
  readonly version: number;
  readonly room: RoomName;
  readonly member: RoomMember;
}

export type MemberMessage =
  | Join
  /** Carried to one other member of the room, blind. */
  | { readonly kind: 'signal'; readonly to: RadiantId; readonly sealed: Uint8Array }
  | { readonly kind: 'ping'; readonly number: number };

export type ServerMessage =
  /** The newcomer makes the offers to the neighbours it is introduced to. */
  | { readonly kind: 'welcome'; readonly neighbours: readonly RoomMember[]; readonly iceServers: readonly IceServer[] }
  | { readonly kind: 'forwarded'; readonly from: RadiantId; readonly sealed: Uint8Array }
  /** Its connection to the server ended; links to it may live on. */
  | { readonly kind: 'member-left'; readonly member: RadiantId }
  | {
      readonly kind: 'refused';
      readonly code: RendezvousRefusal;
      readonly message: string;
      /** Whom the refused signal was for. */
      readonly member: RadiantId | undefined;
    }
  | { readonly kind: 'pong'; readonly number: number };
