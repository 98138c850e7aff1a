import type { MessageInitShape } from '@bufbuild/protobuf';
import { boundedList, malformed, required } from './decoding.ts';
import type { Membership, Position, Presence, Role, SeenReplica } from './frame.ts';
import {
  type Membership as MembershipMessage,
  type MembershipSchema,
  type Position as PositionMessage,
  type PositionSchema,
  type Presence as PresenceMessage,
  type PresenceSchema,
  Role as RoleMessage,
  type SeenReplica as SeenReplicaMessage,
  type SeenReplicaSchema,
} from './generated/shardbearer_pb.ts';
import { asReplicaId, idFromBytes, idToBytes, type RadiantId } from './identifiers.ts';
import { LIMITS } from './limits.ts';
import { safeInteger, uint64 } from './safe-integer.ts';

export function presenceToMessage(presence: Presence): MessageInitShape<typeof PresenceSchema> {
  return {
    device: idToBytes(presence.device),
    durable: presence.durable,
    founder: presence.founder,
    clientOnly: presence.clientOnly,
    startCounter: uint64(presence.startCounter),
    configurationNumber: uint64(presence.configurationNumber),
    memberships: presence.memberships.map(membershipToMessage),
    seen: presence.seen.map(seenReplicaToMessage),
    neighbours: presence.neighbours.map(idToBytes),
  };
}

export function presenceFromMessage(message: PresenceMessage): Presence {
  return {
    device: idFromBytes(message.device),
    durable: message.durable,
    founder: message.founder,
    clientOnly: message.clientOnly,
    startCounter: safeInteger(message.startCounter),
    configurationNumber: safeInteger(message.configurationNumber),
    memberships: boundedList(message.memberships, LIMITS.memberships, 'memberships', membershipFromMessage),
    seen: seenFromMessages(message.seen),
    neighbours: boundedList(message.neighbours, LIMITS.neighbours, 'neighbours', idFromBytes<RadiantId>),
  };
}

export function seenReplicaToMessage(seen: SeenReplica): MessageInitShape<typeof SeenReplicaSchema> {
  return {
    group: idToBytes(seen.group),
    replica: uint64(seen.replica),
    boot: idToBytes(seen.boot),
    startCounter: uint64(seen.startCounter),
    position: positionToMessage(seen.position),
  };
}

export function seenFromMessages(messages: readonly SeenReplicaMessage[]): readonly SeenReplica[] {
  return boundedList(messages, LIMITS.sightings, 'sightings', seenReplicaFromMessage);
}

function seenReplicaFromMessage(message: SeenReplicaMessage): SeenReplica {
  return {
    group: idFromBytes(message.group),
    replica: asReplicaId(safeInteger(message.replica)),
    boot: idFromBytes(message.boot),
    startCounter: safeInteger(message.startCounter),
    position: positionFromMessage(message.position),
  };
}

function membershipToMessage(membership: Membership): MessageInitShape<typeof MembershipSchema> {
  return {
    group: idToBytes(membership.group),
    replica: uint64(membership.replica),
    atStart: positionToMessage(membership.atStart),
    now: positionToMessage(membership.now),
    role: ROLE_TO_MESSAGE[membership.role],
    leader: uint64(membership.leader ?? 0),
  };
}

function membershipFromMessage(message: MembershipMessage): Membership {
  return {
    group: idFromBytes(message.group),
    replica: asReplicaId(safeInteger(message.replica)),
    atStart: positionFromMessage(message.atStart),
    now: positionFromMessage(message.now),
    role: roleFromMessage(message.role),
    leader: message.leader === 0n ? undefined : asReplicaId(safeInteger(message.leader)),
  };
}

function positionToMessage(position: Position): MessageInitShape<typeof PositionSchema> {
  return { era: uint64(position.era), index: uint64(position.index), settled: uint64(position.settled) };
}

export function positionFromMessage(message: PositionMessage | undefined): Position {
  const { era, index, settled } = required(message, 'a position');
  return { era: safeInteger(era), index: safeInteger(index), settled: safeInteger(settled) };
}

const ROLE_TO_MESSAGE: Readonly<Record<Role, RoleMessage>> = {
  follower: RoleMessage.FOLLOWER,
  candidate: RoleMessage.CANDIDATE,
  leader: RoleMessage.LEADER,
  learner: RoleMessage.LEARNER,
};

function roleFromMessage(role: RoleMessage): Role {
  switch (role) {
    case RoleMessage.FOLLOWER:
      return 'follower';
    case RoleMessage.CANDIDATE:
      return 'candidate';
    case RoleMessage.LEADER:
      return 'leader';
    case RoleMessage.LEARNER:
      return 'learner';
    default:
      throw malformed(`a role ${role}`);
  }
}
