/** Who belongs to an order, as the schema's `MemberList`: it goes along with every presence. */
import { bounded, distinct, malformed, required } from '../decoding.ts';
import type { FieldReader, FieldWriter } from '../field-codec.ts';
import type { ListedMember, MemberList } from './frame.ts';
import { asLogIndex, asReplicaId, type DeviceId, type OrderId, type RadiantId } from '../identifiers.ts';
import { LIMITS } from '../limits.ts';

export function writeMemberList(writer: FieldWriter, list: MemberList): void {
  writer.id(1, list.group);
  writer.number(2, list.index);
  writer.number(3, list.nextReplica);
  for (const member of list.members) writer.nested(4, writeMember, member);
}

export function readMemberList(reader: FieldReader): MemberList {
  let group: OrderId | undefined;
  let index = 0;
  let nextReplica = 0;
  const members: ListedMember[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) group = reader.id();
    else if (field === 2) index = reader.number();
    else if (field === 3) nextReplica = reader.number();
    else if (field === 4) members.push(reader.message(readMember));
    else reader.skip();
  }
  bounded(members, LIMITS.rosterMembers, 'listed members');
  if (members.some(({ replica }) => replica >= nextReplica))
    throw malformed('a member with a replica id of the future');
  distinct(members, ({ radiant }) => radiant, 'listed members');
  distinct(members, ({ replica }) => replica, 'listed replicas');
  return {
    group: required(group, 'a group'),
    index: asLogIndex(index),
    nextReplica: asReplicaId(nextReplica),
    members,
  };
}

function writeMember(writer: FieldWriter, member: ListedMember): void {
  writer.id(1, member.radiant);
  writer.number(2, member.replica);
  writer.id(3, member.device);
  writer.flag(4, member.voter);
  writer.flag(5, member.outgoing);
  writer.flag(6, member.learner);
  writer.flag(7, member.wanted);
}

function readMember(reader: FieldReader): ListedMember {
  let radiant: RadiantId | undefined;
  let replica = 0;
  let device: DeviceId | undefined;
  let voter = false;
  let outgoing = false;
  let learner = false;
  let wanted = false;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) radiant = reader.id();
    else if (field === 2) replica = reader.number();
    else if (field === 3) device = reader.id();
    else if (field === 4) voter = reader.flag();
    else if (field === 5) outgoing = reader.flag();
    else if (field === 6) learner = reader.flag();
    else if (field === 7) wanted = reader.flag();
    else reader.skip();
  }
  return {
    radiant: required(radiant, 'a radiant'),
    replica: asReplicaId(replica),
    device: required(device, 'a device'),
    voter,
    outgoing,
    learner,
    wanted,
  };
}
