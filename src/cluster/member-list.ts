/** The members of an order, as its replicas announce them. */
import type { Membership } from '../consensus/contract.ts';
import type { CreationRecord } from '../wire/configuration/configuration.ts';
import type { ListedMember, MemberList } from '../wire/frames/frame.ts';
import {
  type LogIndex,
  type OrderId,
  type RadiantId,
  type ReplicaId,
  asLogIndex,
  asReplicaId,
} from '../wire/identifiers.ts';
import type { Roster } from '../wire/configuration/roster.ts';
import { majority } from './configuration.ts';

/** The members as the consensus algorithm knows them. */
export interface Participation extends Membership {
  readonly outgoingVoters: readonly ReplicaId[];
}

/** The member list of a replica that has applied its log up to `index`. */
export function memberListOf(group: OrderId, index: LogIndex, roster: Roster, now: Participation): MemberList {
  const members = roster.members.map(({ radiant, replica, device, wanted }): ListedMember => {
    const voter = now.voters.includes(replica);
    const outgoing = now.outgoingVoters.includes(replica);
    const learner = now.learners.includes(replica);
    return { radiant, replica, device, voter, outgoing, learner, wanted: wanted !== 'removed' };
  });
  return { group, index, nextReplica: roster.nextReplica, members };
}

/** The member list at the birth of the order. Used if no newer list is known. */
export function listAtBirth({ id, firstVoters }: CreationRecord): MemberList {
  const members = firstVoters.map(
    (voter): ListedMember => ({ ...voter, voter: true, outgoing: false, learner: false, wanted: true }),
  );
  const last = Math.max(...firstVoters.map(({ replica }) => replica));
  return { group: id, index: asLogIndex(0), nextReplica: asReplicaId(last + 1), members };
}

export function listedRadiant(list: MemberList, radiant: RadiantId): ListedMember | undefined {
  return list.members.find((member) => member.radiant === radiant);
}

export function listedReplica(list: MemberList, replica: ReplicaId): ListedMember | undefined {
  return list.members.find((member) => member.replica === replica);
}

/** Whether the replica was a member and never will be again. */
export function isOut(list: MemberList, replica: ReplicaId): boolean {
  return replica < list.nextReplica && listedReplica(list, replica) === undefined;
}

/** Whether the member votes. A voter that the current joint change removes still votes until the change is complete. */
export function votes({ voter, outgoing }: ListedMember): boolean {
  return voter || outgoing;
}

export function saysTheSame(one: MemberList, other: MemberList): boolean {
  if (one.nextReplica !== other.nextReplica || one.members.length !== other.members.length) return false;
  return one.members.every((member, at) => {
    const counterpart = other.members[at];
    return (
      counterpart?.replica === member.replica &&
      counterpart.voter === member.voter &&
      counterpart.outgoing === member.outgoing &&
      counterpart.learner === member.learner &&
      counterpart.wanted === member.wanted
    );
  });
}

interface QuorumGap {
  readonly voters: number;
  readonly needed: number;
  readonly missing: readonly ListedMember[];
}

/**
 * The set of voters that has no reachable majority. During a joint change, both the new and the old voters need a
 * majority.
 */
export function quorumGap(list: MemberList, isReachable: (radiant: RadiantId) => boolean): QuorumGap | undefined {
  const electorates = [list.members.filter(({ voter }) => voter), list.members.filter(({ outgoing }) => outgoing)];
  for (const electorate of electorates) {
    const missing = electorate.filter(({ radiant }) => !isReachable(radiant));
    const needed = majority(electorate.length);
    if (electorate.length > 0 && electorate.length - missing.length < needed) {
      return { voters: electorate.length, needed, missing };
    }
  }
  return undefined;
}
