/** Types, codecs and checks of an order's roster and of target memberships. */
import { bounded, distinct, malformed } from '../decoding.ts';
import { decodeMessage } from '../field-reader.ts';
import { encodeMessage } from '../field-writer.ts';
import { readRoster, type Roster, type TargetMembership, writeRoster } from '../generated/shardbearer.ts';
import { LIMITS } from '../limits.ts';

export type { Roster, RosterMember, TargetMembership } from '../generated/shardbearer.ts';

export function encodeRoster(roster: Roster): Uint8Array {
  return encodeMessage(writeRoster, roster);
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, `FRAME_TOO_LARGE` */
export function decodeRoster(bytes: Uint8Array): Roster {
  return checkedRoster(decodeMessage('Roster', bytes, LIMITS.messages.frameBytes, readRoster));
}

/** @throws {ShardbearerError} `FRAME_MALFORMED` */
export function checkTarget({ number, voters, learners }: TargetMembership): void {
  checkTargetNumber(number);
  if (voters.length === 0) throw malformed('an order without voters');
  if (voters.length + learners.length > LIMITS.configuration.orderMembers)
    throw malformed('an order with too many members');
  distinct([...voters, ...learners], ({ radiant }) => radiant, 'members');
}

/**
 * Checks the number of a target membership. Numbers begin with 1.
 * @throws {ShardbearerError} `FRAME_MALFORMED`
 */
export function checkTargetNumber(number: number): void {
  if (number === 0) throw malformed('a target membership without a number');
}

function checkedRoster(roster: Roster): Roster {
  const { members, nextReplica, companion } = roster;
  bounded(members, LIMITS.configuration.rosterMembers, 'members');
  distinct(members, ({ radiant }) => radiant, 'members');
  let last = 0;
  for (const { replica } of members) {
    if (replica <= last || replica >= nextReplica) throw malformed(`a member with the replica id ${replica}`);
    last = replica;
  }
  if (companion !== undefined && !members.some(({ replica }) => replica === companion)) {
    throw malformed('a companion that is not a member');
  }
  return roster;
}
