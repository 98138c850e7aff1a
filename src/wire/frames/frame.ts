import type { Configuration } from '../configuration/configuration.ts';
import type { Command } from '../entries/command.ts';
import type { ErrorCode } from '../errors.ts';
import type {
  Body as BodyMessage,
  Changes,
  Conflict,
  EncodedFrame,
  MachineReply,
  Page,
  RangeLocked,
  RangeReleased,
  Refusal,
  Request as RequestMessage,
  RequestQuestion,
  WatchedRange,
  SessionOpened,
  Settled,
  ShardChunk,
  ShardRequest,
  SnapshotChunk,
  SnapshotGone,
  SnapshotRequest,
  Transacted,
  Versionstamp,
  Written,
} from '../generated/shardbearer.ts';

export type {
  Absence,
  Administration,
  Changes,
  ChangeType,
  Conflict,
  CurrentValue,
  EncodedFrame,
  List,
  ListedEntry,
  ListedMember,
  MachineRead,
  MachineReply,
  MemberList,
  Membership,
  Page,
  Position,
  Presence,
  RangeLocked,
  RangeReleased,
  Role,
  SeenReplica,
  Settled,
  Transacted,
  Watch,
  WatchedChange,
  WatchedRange,
  Written,
} from '../generated/shardbearer.ts';

/** The part of a frame that a relay reads. */
export type FrameHeader = EncodedFrame['header'];

export interface Frame extends FrameHeader {
  readonly body: Body;
}

export type Body =
  | Exclude<BodyMessage, { kind: 'configuration' | 'request' | 'reply' }>
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'reply'; readonly reply: Reply };

/** A position in the changes of a slot. Positions of one slot grow, also when the slot moves to another order. */
export type ChangePosition = WatchedRange['position'];

/** A message of a handover. Each request of the receiving order asks for one chunk. */
export type ShardBody = ShardRequest | ShardChunk;

/** A message of a snapshot's transfer between replicas. Each request of the receiver asks for one chunk. */
export type SnapshotBody = SnapshotRequest | SnapshotChunk | SnapshotGone;

/** Identifies a request of one client boot. The reply contains the same id. */
export type RequestId = RequestMessage['id'];

export type Question =
  | Exclude<RequestQuestion, { kind: 'command' }>
  | { readonly kind: 'command'; readonly command: Command };

export interface Request {
  readonly id: RequestId;
  readonly question: Question;
}

/** The value of a key that was found. */
export interface FoundValue {
  readonly kind: 'value';
  readonly value: Uint8Array;
  readonly versionstamp: Versionstamp;
  /** Remaining time in milliseconds, at least 1. Undefined: the key does not expire. */
  readonly expiresInMs?: number | undefined;
}

export type Answer =
  | Written
  | Conflict
  | FoundValue
  | { readonly kind: 'missing' }
  | MachineReply
  | Page
  | Changes
  | SessionOpened
  | Transacted
  | Settled
  | RangeLocked
  | RangeReleased
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | (Omit<Refusal, 'code'> & { readonly code: ErrorCode });

export interface Reply {
  readonly id: RequestId;
  readonly answer: Answer;
}
