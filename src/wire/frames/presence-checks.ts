/** Checks a presence. All errors are `FRAME_MALFORMED`. */
import { bounded, boundedText, distinct, malformed } from '../decoding.ts';
import type { MemberList, Presence } from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';

export function checkPresence(presence: Presence): void {
  boundedText(presence.configurationDigest, LIMITS.nameCharacters, 'a digest');
  bounded(presence.memberships, LIMITS.memberships, 'memberships');
  bounded(presence.members, LIMITS.memberships, 'lists of members');
  bounded(presence.seen, LIMITS.sightings, 'sightings');
  bounded(presence.neighbours, LIMITS.neighbours, 'neighbours');
  bounded(presence.retired, LIMITS.retiredIdentities, 'retired identities');
  bounded(presence.absences, LIMITS.absences, 'absences');
  for (const list of presence.members) checkMemberList(list);
}

function checkMemberList({ members, nextReplica }: MemberList): void {
  bounded(members, LIMITS.rosterMembers, 'listed members');
  if (members.some(({ replica }) => replica >= nextReplica)) {
    throw malformed('a member whose replica id was never assigned');
  }
  distinct(members, ({ radiant }) => radiant, 'listed members');
  distinct(members, ({ replica }) => replica, 'listed replicas');
}
