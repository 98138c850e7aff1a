/**
 * The wanted members of an order and their replica ids (design, rules 2 and 7): the result of all targets in its log.
 * The same entries make the same roster on every replica. A replica id is given out once, so a returning radiant is a
 * new replica. A member is removed only after the target is reached.
 */
import type { Membership } from '../consensus/contract.ts';
import { EMPTY_HASH, feedBytes, hashText } from '../store/hash.ts';
import type { RosterEntry } from '../wire/entries/command.ts';
import type { OrderMember } from '../wire/configuration/configuration.ts';
import { type RadiantId, type ReplicaId, asReplicaId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { TargetMembership, Roster, RosterMember } from '../wire/configuration/roster.ts';
import { encodeRoster } from '../wire/configuration/roster-codec.ts';

/** Why a target has no effect. */
type TargetRejection =
  /** A target with this number or a higher one exists. */
  | 'older'
  /** Too many members are joining or leaving. */
  | 'too-many';

/** The voters at the birth of an order. */
export function firstRoster(firstVoters: readonly OrderMember[]): Roster {
  const members = firstVoters.map((voter): RosterMember => ({ ...voter, wanted: 'voter' })).sort(byReplica);
  const last = members.at(-1)?.replica ?? 0;
  return { number: 0, isReached: true, nextReplica: asReplicaId(last + 1), companion: undefined, members };
}

/** The roster after an entry. The same object if the entry has no effect. */
export function rosterAfter(roster: Roster, entry: RosterEntry): Roster {
  if (entry.kind === 'companion') return withCompanion(roster, entry.companion);
  if (entry.kind === 'members') return refusalOf(roster, entry) === undefined ? withTarget(roster, entry) : roster;
  if (entry.number !== roster.number || roster.isReached) return roster;
  return withMembers(
    { ...roster, isReached: true },
    roster.members.filter(({ wanted }) => wanted !== 'no-more'),
  );
}

/** Whether a target is valid: at least one voter, each radiant once, and within the limit. */
export function isSound({ voters, learners }: Omit<TargetMembership, 'number'>): boolean {
  const named = [...voters, ...learners].map(({ radiant }) => radiant);
  return voters.length > 0 && named.length <= LIMITS.orderMembers && new Set(named).size === named.length;
}

/** Why a target would have no effect. Undefined if it has one. */
export function refusalOf(roster: Roster, { number, voters, learners }: TargetMembership): TargetRejection | undefined {
  if (number <= roster.number) return 'older';
  const joining = [...voters, ...learners].filter(({ radiant }) => memberOf(roster, radiant) === undefined).length;
  return roster.members.length + joining > LIMITS.rosterMembers ? 'too-many' : undefined;
}

export function memberOf(roster: Roster, radiant: RadiantId): RosterMember | undefined {
  return roster.members.find((member) => member.radiant === radiant);
}

/** The membership that the algorithm should reach. */
export function targetOf({ members }: Roster): Membership {
  const replicasWanted = (as: RosterMember['wanted']) =>
    members.filter(({ wanted }) => wanted === as).map(({ replica }) => replica);
  return { voters: replicasWanted('voter'), learners: replicasWanted('learner') };
}

/** Equal texts mean equal rosters. */
export function rosterDigest(roster: Roster): string {
  return hashText(feedBytes(EMPTY_HASH, encodeRoster(roster)));
}

function withTarget(roster: Roster, { number, voters, learners }: TargetMembership): Roster {
  const wanted = new Map<RadiantId, 'voter' | 'learner'>();
  for (const { radiant } of voters) wanted.set(radiant, 'voter');
  for (const { radiant } of learners) wanted.set(radiant, 'learner');
  const stays = roster.members.map(
    (member): RosterMember => ({ ...member, wanted: wanted.get(member.radiant) ?? 'no-more' }),
  );
  const joins = [...voters, ...learners]
    .filter(({ radiant }) => memberOf(roster, radiant) === undefined)
    .map(({ radiant, device }, at): RosterMember => {
      const replica = asReplicaId(roster.nextReplica + at);
      return { radiant, device, replica, wanted: wanted.get(radiant) ?? 'no-more' };
    });
  const nextReplica = asReplicaId(roster.nextReplica + joins.length);
  const { companion } = roster;
  return withMembers({ number, isReached: false, nextReplica, companion }, [...stays, ...joins]);
}

/** A companion stays companion while it is eligible. */
function withMembers(roster: Omit<Roster, 'members'>, members: readonly RosterMember[]): Roster {
  const next = { ...roster, members };
  return staysCompanion(next) ? next : { ...next, companion: undefined };
}

function withCompanion(roster: Roster, companion: ReplicaId | undefined): Roster {
  if (companion === roster.companion) return roster;
  const next = { ...roster, companion };
  const isWanted = roster.members.some(({ replica, wanted }) => replica === companion && wanted !== 'no-more');
  return companion === undefined || (isWanted && staysCompanion(next)) ? next : roster;
}

/**
 * A learner of a sole voter may be its companion. A target for other members ends this only when it is reached,
 * because entries that only both have flushed may exist until then.
 */
function staysCompanion({ members, isReached, companion }: Roster): boolean {
  const member = members.find(({ replica }) => replica === companion);
  if (member === undefined || !isReached) return member !== undefined;
  const voters = members.filter(({ wanted }) => wanted === 'voter');
  return voters.length === 1 && member.wanted === 'learner';
}

function byReplica(one: RosterMember, other: RosterMember): number {
  return one.replica - other.replica;
}
