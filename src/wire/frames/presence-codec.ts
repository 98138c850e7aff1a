/** Who a radiant is and what it has seen, as the schema's `Presence`: every neighbour says so twice a second. */
import { bounded, boundedText, required } from '../decoding.ts';
import type { FieldReader, FieldWriter } from '../field-codec.ts';
import type { Absence, MemberList, Membership, Position, Presence, Role, SeenReplica } from './frame.ts';
import { Role as RoleOnWire } from '../generated/shardbearer_pb.ts';
import { asReplicaId, type BootId, type DeviceId, type OrderId, type RadiantId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';
import { readMemberList, writeMemberList } from './member-list-codec.ts';

export function writePresence(writer: FieldWriter, presence: Presence): void {
  writer.id(1, presence.device);
  writer.flag(2, presence.durable);
  writer.flag(3, presence.founder);
  writer.number(4, presence.startCounter);
  writer.number(5, presence.configurationNumber);
  for (const membership of presence.memberships) writer.nested(6, writeMembership, membership);
  for (const seen of presence.seen) writer.nested(7, writeSeenReplica, seen);
  for (const neighbour of presence.neighbours) writer.id(8, neighbour);
  writer.flag(9, presence.clientOnly);
  for (const list of presence.members) writer.nested(10, writeMemberList, list);
  for (const radiant of presence.retired) writer.id(11, radiant);
  writer.text(12, presence.configurationDigest);
  for (const absence of presence.absences) writer.nested(13, writeAbsence, absence);
  writer.flag(14, presence.diskFull);
}

export function readPresence(reader: FieldReader): Presence {
  let device: DeviceId | undefined;
  let durable = false;
  let diskFull = false;
  let founder = false;
  let clientOnly = false;
  let startCounter = 0;
  let configurationNumber = 0;
  let configurationDigest = '';
  const memberships: Membership[] = [];
  const members: MemberList[] = [];
  const seen: SeenReplica[] = [];
  const neighbours: RadiantId[] = [];
  const retired: RadiantId[] = [];
  const absences: Absence[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) device = reader.id();
    else if (field === 2) durable = reader.flag();
    else if (field === 3) founder = reader.flag();
    else if (field === 4) startCounter = reader.number();
    else if (field === 5) configurationNumber = reader.number();
    else if (field === 6) memberships.push(reader.message(readMembership));
    else if (field === 7) seen.push(reader.message(readSeenReplica));
    else if (field === 8) neighbours.push(required(reader.id<RadiantId>(), 'a neighbour'));
    else if (field === 9) clientOnly = reader.flag();
    else if (field === 10) members.push(reader.message(readMemberList));
    else if (field === 12) configurationDigest = boundedText(reader.text(), LIMITS.nameCharacters, 'a digest');
    else if (field === 14) diskFull = reader.flag();
    else if (field === 11) retired.push(required(reader.id<RadiantId>(), 'a radiant'));
    else if (field === 13) absences.push(reader.message(readAbsence));
    else reader.skip();
  }
  return {
    device: required(device, 'a device'),
    durable,
    diskFull,
    founder,
    clientOnly,
    startCounter,
    configurationNumber,
    configurationDigest,
    memberships: bounded(memberships, LIMITS.memberships, 'memberships'),
    members: bounded(members, LIMITS.memberships, 'lists of members'),
    seen: bounded(seen, LIMITS.sightings, 'sightings'),
    neighbours: bounded(neighbours, LIMITS.neighbours, 'neighbours'),
    retired: bounded(retired, LIMITS.retiredIdentities, 'retired identities'),
    absences: bounded(absences, LIMITS.absences, 'absences'),
  };
}

function writeAbsence(writer: FieldWriter, { radiant, forMs }: Absence): void {
  writer.id(1, radiant);
  writer.number(2, forMs);
}

function readAbsence(reader: FieldReader): Absence {
  let radiant: RadiantId | undefined;
  let forMs = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) radiant = reader.id();
    else if (field === 2) forMs = reader.number();
    else reader.skip();
  }
  return { radiant: required(radiant, 'a radiant'), forMs };
}

export function writeSeenReplica(writer: FieldWriter, seen: SeenReplica): void {
  writer.id(1, seen.group);
  writer.number(2, seen.replica);
  writer.id(3, seen.boot);
  writer.number(4, seen.startCounter);
  writer.nested(5, writePosition, seen.position);
}

export function readSeenReplica(reader: FieldReader): SeenReplica {
  let group: OrderId | undefined;
  let replica = 0;
  let boot: BootId | undefined;
  let startCounter = 0;
  let position: Position | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) group = reader.id();
    else if (field === 2) replica = reader.number();
    else if (field === 3) boot = reader.id();
    else if (field === 4) startCounter = reader.number();
    else if (field === 5) position = reader.message(readPosition);
    else reader.skip();
  }
  return {
    group: required(group, 'a group'),
    replica: asReplicaId(replica),
    boot: required(boot, 'a boot'),
    startCounter,
    position: required(position, 'a position'),
  };
}

export function writePosition(writer: FieldWriter, { voteEpoch, index, committedIndex }: Position): void {
  writer.number(1, voteEpoch);
  writer.number(2, index);
  writer.number(3, committedIndex);
}

export function readPosition(reader: FieldReader): Position {
  let voteEpoch = 0;
  let index = 0;
  let committedIndex = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) voteEpoch = reader.number();
    else if (field === 2) index = reader.number();
    else if (field === 3) committedIndex = reader.number();
    else reader.skip();
  }
  return { voteEpoch, index, committedIndex };
}

function writeMembership(writer: FieldWriter, membership: Membership): void {
  writer.id(1, membership.group);
  writer.number(2, membership.replica);
  writer.nested(3, writePosition, membership.atStart);
  writer.nested(4, writePosition, membership.now);
  writer.number(5, ROLE_ON_WIRE[membership.role]);
  writer.number(6, membership.leader ?? 0);
}

function readMembership(reader: FieldReader): Membership {
  let group: OrderId | undefined;
  let replica = 0;
  let atStart: Position | undefined;
  let now: Position | undefined;
  let role = 0;
  let leader = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) group = reader.id();
    else if (field === 2) replica = reader.number();
    else if (field === 3) atStart = reader.message(readPosition);
    else if (field === 4) now = reader.message(readPosition);
    else if (field === 5) role = reader.number();
    else if (field === 6) leader = reader.number();
    else reader.skip();
  }
  return {
    group: required(group, 'a group'),
    replica: asReplicaId(replica),
    atStart: required(atStart, 'a position'),
    now: required(now, 'a position'),
    role: required(ROLE_IN_MEMORY[role], 'a role that this build knows'),
    leader: leader === 0 ? undefined : asReplicaId(leader),
  };
}

const ROLE_ON_WIRE: Readonly<Record<Role, RoleOnWire>> = {
  follower: RoleOnWire.FOLLOWER,
  candidate: RoleOnWire.CANDIDATE,
  leader: RoleOnWire.LEADER,
  learner: RoleOnWire.LEARNER,
};

const ROLE_IN_MEMORY: readonly (Role | undefined)[] = [undefined, 'follower', 'candidate', 'leader', 'learner'];
