import type { Command, Versionstamp } from '../entries/command.ts';
import type { Configuration, OrderMember, Participant, ShardRange } from '../configuration/configuration.ts';
import type { ErrorCode } from '../errors.ts';
import type {
  BootId,
  ClientId,
  ClusterId,
  DeviceId,
  LogIndex,
  OrderId,
  RadiantId,
  ReplicaId,
  RequestNumber,
  Slot,
} from '../identifiers.ts';

/** What a relay reads, and all that it reads; `body` stays encoded until it has arrived. */
export interface FrameHeader {
  /** Undefined only while the sender is not associated with a cluster. */
  readonly cluster: ClusterId | undefined;
  readonly sender: RadiantId;
  readonly senderBoot: BootId;
  readonly receiver: RadiantId;
  /** Undefined: whichever boot of the receiver lives. */
  readonly receiverBoot: BootId | undefined;
  readonly group: OrderId | undefined;
  readonly hopLimit: number;
  /** A relay passes an urgent frame on as urgently. */
  readonly urgent: boolean;
}

export interface Frame extends FrameHeader {
  readonly body: Body;
}

export type Body =
  | { readonly kind: 'presence'; readonly presence: Presence }
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | {
      readonly kind: 'consensus';
      readonly from: ReplicaId;
      readonly to: ReplicaId;
      /** What the sender has flushed: whoever hears an acknowledgement knows what it rests on (design, rule 2). */
      readonly flushed: Position;
      readonly message: Uint8Array;
    }
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'goodbye' }
  | { readonly kind: 'signal'; readonly sealed: Uint8Array }
  | SnapshotBody
  | ShardBody;

/** A shard on its way from the herald of one order to the herald of another, piece by piece, as the receiver asks. */
export type ShardBody =
  /** In a frame of the old owner's group. The first one makes it freeze the shard. */
  | {
      readonly kind: 'shard-request';
      /** The new owner. */
      readonly to: OrderId;
      /** Of the configuration that the receiver of the shard goes by. */
      readonly configurationNumber: number;
      /** Its epoch is the new owner's. */
      readonly shard: ShardRange;
      /** Counted from 0. */
      readonly chunk: number;
    }
  /** In a frame of the new owner's group. */
  | {
      readonly kind: 'shard-chunk';
      /** The old owner. */
      readonly from: OrderId;
      readonly shard: ShardRange;
      readonly chunk: number;
      readonly isLast: boolean;
      readonly bytes: Uint8Array;
    };

/** A state on its way from one replica to another, piece by piece, as the receiver asks for them. */
export type SnapshotBody =
  | {
      readonly kind: 'snapshot-request';
      readonly from: ReplicaId;
      readonly to: ReplicaId;
      /** Everything in the log up to here is in the state. */
      readonly index: LogIndex;
      /** Counted from 0. */
      readonly chunk: number;
    }
  | {
      readonly kind: 'snapshot-chunk';
      readonly from: ReplicaId;
      readonly to: ReplicaId;
      readonly index: LogIndex;
      readonly chunk: number;
      readonly isLast: boolean;
      readonly bytes: Uint8Array;
    }
  /** That state is not at hand any more. */
  | {
      readonly kind: 'snapshot-gone';
      readonly from: ReplicaId;
      readonly to: ReplicaId;
      readonly index: LogIndex;
    };

export type Role = 'follower' | 'candidate' | 'leader' | 'learner';

/**
 * How far a replica has flushed. Compared only between the boots of one replica:
 * `voteEpoch` and `settled` never shrink, and within one vote epoch neither does `index`.
 */
export interface Position {
  readonly voteEpoch: number;
  readonly index: number;
  readonly committedIndex: number;
}

export interface Presence {
  readonly device: DeviceId;
  /** False in private mode: such a radiant is never a voter. */
  readonly durable: boolean;
  /** Its disk has no room: it can flush nothing more. */
  readonly diskFull: boolean;
  readonly founder: boolean;
  /** True for a radiant that only passes an application's requests on. */
  readonly clientOnly: boolean;
  readonly startCounter: number;
  /** 0: knows none. */
  readonly configurationNumber: number;
  /** Of the configuration's content; empty: knows none. */
  readonly configurationDigest: string;
  readonly memberships: readonly Membership[];
  /** Who belongs to each order, as far as the sender knows. */
  readonly members: readonly MemberList[];
  /** What the sender has seen other replicas flush (design, rule 2). */
  readonly seen: readonly SeenReplica[];
  readonly neighbours: readonly RadiantId[];
  /** Radiants of the sender's device whose data is lost, and that are members still. */
  readonly retired: readonly RadiantId[];
  /** Members that the sender has not heard of late, directly or through a neighbour. */
  readonly absences: readonly Absence[];
}

export interface Absence {
  readonly radiant: RadiantId;
  /** Counted by the sender's clock until it sent this. */
  readonly forMs: number;
}

export interface Membership {
  readonly group: OrderId;
  readonly replica: ReplicaId;
  /** Flushed when this boot began. */
  readonly atStart: Position;
  readonly now: Position;
  readonly role: Role;
  readonly leader: ReplicaId | undefined;
}

/** Who belongs to an order, as one of its replicas has applied it. The one of the highest index counts. */
export interface MemberList {
  readonly group: OrderId;
  /** In the order's log. */
  readonly index: LogIndex;
  /** Whoever has a replica id below it and is not listed is out for good. */
  readonly nextReplica: ReplicaId;
  readonly members: readonly ListedMember[];
}

export interface ListedMember extends OrderMember {
  /** Decisions need a majority of these. */
  readonly voter: boolean;
  /** And, while the membership changes, a majority of these, who voted before. */
  readonly outgoing: boolean;
  /** It follows, and does not vote. */
  readonly learner: boolean;
  /** It is to take part, or goes on to; otherwise it is on its way out. */
  readonly wanted: boolean;
}

export interface SeenReplica {
  readonly group: OrderId;
  readonly replica: ReplicaId;
  readonly boot: BootId;
  readonly startCounter: number;
  readonly position: Position;
}

/** Names one question of one boot of a client; its answer repeats it. */
export interface RequestId {
  readonly client: ClientId;
  readonly clientBoot: BootId;
  readonly number: RequestNumber;
}

export type Question =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'read'; readonly slot: Slot; readonly shardEpoch: number; readonly key: Uint8Array }
  | { readonly kind: 'open-session' }
  /** For the bondsmith. */
  | { readonly kind: 'administer'; readonly administration: Administration }
  /** For the bondsmith: a configuration of the past; undefined: the latest. */
  | { readonly kind: 'query'; readonly number: number | undefined };

/**
 * What the bondsmith can be asked to change. Each is idempotent: where it is so already, nothing changes. It is
 * answered with a configuration in which it is so.
 */
export type Administration =
  /** These belong to the cluster: placement finds a place for each. */
  | { readonly kind: 'join'; readonly participants: readonly Participant[] }
  /** These do not any more. */
  | { readonly kind: 'leave'; readonly radiants: readonly RadiantId[] }
  /** The shard of this slot goes to this order. */
  | { readonly kind: 'move'; readonly slot: Slot; readonly to: OrderId }
  /** A shard begins at this slot. */
  | { readonly kind: 'fracture'; readonly slot: Slot }
  /** No shard begins at this slot: the one that does is merged with the one before it, of the same order. */
  | { readonly kind: 'consolidate'; readonly slot: Slot }
  /** An order's word that it has the whole of a shard that was on its way to it. */
  | { readonly kind: 'installed'; readonly order: OrderId; readonly shard: ShardRange };

export interface Request {
  readonly id: RequestId;
  readonly question: Question;
}

export type Answer =
  | { readonly kind: 'written'; readonly versionstamp: Versionstamp; readonly existed: boolean }
  | { readonly kind: 'value'; readonly value: Uint8Array; readonly versionstamp: Versionstamp }
  | { readonly kind: 'missing' }
  | { readonly kind: 'session-opened' }
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | {
      readonly kind: 'refusal';
      readonly code: ErrorCode;
      readonly message: string;
      /** Who might know better. */
      readonly herald: RadiantId | undefined;
      /** This sending of the request had no effect and never will. */
      readonly withoutEffect: boolean;
    };

export interface Reply {
  readonly id: RequestId;
  readonly answer: Answer;
}
