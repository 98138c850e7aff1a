/** TargetMemberships for members and what they come to: in log entries, and in the description of a snapshot. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Participant } from './configuration.ts';
import { boundedList, decodeMessage, distinct, malformed } from '../decoding.ts';
import {
  type Members as MembersMessage,
  type MembersSchema,
  type Participant as ParticipantMessage,
  type ParticipantSchema,
  type Roster as RosterMessage,
  type RosterMember as RosterMemberMessage,
  RosterMember_Wanted,
  type RosterMemberSchema,
  RosterSchema,
} from '../generated/shardbearer_pb.ts';
import { asReplicaId, idFromBytes, idToBytes, type ReplicaId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import type { TargetMembership, Roster, RosterMember } from './roster.ts';
import { safeInteger, uint64 } from '../safe-integer.ts';

export function encodeRoster(roster: Roster): Uint8Array {
  const message = create(RosterSchema, {
    number: uint64(roster.number),
    reached: roster.isReached,
    nextReplica: uint64(roster.nextReplica),
    members: roster.members.map(rosterMemberToMessage),
    companion: uint64(roster.companion ?? 0),
  });
  return toBinary(RosterSchema, message);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRoster(bytes: Uint8Array): Roster {
  return decodeMessage(RosterSchema, bytes, LIMITS.frameBytes, rosterFromMessage);
}

export function targetToMessage({
  number,
  voters,
  learners,
}: TargetMembership): MessageInitShape<typeof MembersSchema> {
  return {
    number: uint64(number),
    voters: voters.map(participantToMessage),
    learners: learners.map(participantToMessage),
  };
}

export function targetFromMessage(message: MembersMessage): TargetMembership {
  const voters = boundedList(message.voters, LIMITS.orderMembers, 'voters', participantFromMessage);
  const learners = boundedList(message.learners, LIMITS.orderMembers, 'learners', participantFromMessage);
  if (voters.length === 0) throw malformed('an order without voters');
  if (voters.length + learners.length > LIMITS.orderMembers) throw malformed('an order with too many members');
  distinct([...voters, ...learners], ({ radiant }) => radiant, 'members');
  return { number: targetNumber(message.number), voters, learners };
}

/** 0: nobody. */
export function companionFromNumber(number: bigint): ReplicaId | undefined {
  return number === 0n ? undefined : asReplicaId(safeInteger(number));
}

/** TargetMemberships count from 1. */
export function targetNumber(number: bigint): number {
  if (number === 0n) throw malformed('a target without a number');
  return safeInteger(number);
}

function rosterFromMessage(message: RosterMessage): Roster {
  const members = boundedList(message.members, LIMITS.rosterMembers, 'members', rosterMemberFromMessage);
  distinct(members, ({ radiant }) => radiant, 'members');
  const nextReplica = asReplicaId(safeInteger(message.nextReplica));
  let last = 0;
  for (const { replica } of members) {
    if (replica <= last || replica >= nextReplica) throw malformed(`a member with the replica id ${replica}`);
    last = replica;
  }
  const companion = companionFromNumber(message.companion);
  if (companion !== undefined && !members.some(({ replica }) => replica === companion)) {
    throw malformed('a companion that is no member');
  }
  return { number: safeInteger(message.number), isReached: message.reached, nextReplica, companion, members };
}

function rosterMemberToMessage(member: RosterMember): MessageInitShape<typeof RosterMemberSchema> {
  return {
    radiant: idToBytes(member.radiant),
    replica: uint64(member.replica),
    device: idToBytes(member.device),
    wanted: WANTED_TO_MESSAGE[member.wanted],
  };
}

function rosterMemberFromMessage(message: RosterMemberMessage): RosterMember {
  return {
    radiant: idFromBytes(message.radiant),
    replica: asReplicaId(safeInteger(message.replica)),
    device: idFromBytes(message.device),
    wanted: wantedFromMessage(message.wanted),
  };
}

export function participantToMessage({ radiant, device }: Participant): MessageInitShape<typeof ParticipantSchema> {
  return { radiant: idToBytes(radiant), device: idToBytes(device) };
}

export function participantFromMessage({ radiant, device }: ParticipantMessage): Participant {
  return { radiant: idFromBytes(radiant), device: idFromBytes(device) };
}

const WANTED_TO_MESSAGE: Readonly<Record<RosterMember['wanted'], RosterMember_Wanted>> = {
  voter: RosterMember_Wanted.AS_VOTER,
  learner: RosterMember_Wanted.AS_LEARNER,
  'no-more': RosterMember_Wanted.NO_MORE,
};

function wantedFromMessage(wanted: RosterMember_Wanted): RosterMember['wanted'] {
  switch (wanted) {
    case RosterMember_Wanted.AS_VOTER:
      return 'voter';
    case RosterMember_Wanted.AS_LEARNER:
      return 'learner';
    case RosterMember_Wanted.NO_MORE:
      return 'no-more';
    default:
      throw malformed(`a member that is wanted as ${wanted}`);
  }
}
