/**
 * Computes the roster of an order, its target membership with replica ids (design, rules 2 and 7). The log's targets
 * define the roster, so every replica computes the same one. A replica id is assigned once, so a returning radiant
 * becomes a new replica. A member is removed only after the target is reached.
 */
import type { Membership } from '../consensus/contract.ts';
import { EMPTY_HASH, feedBytes, hashText } from '../store/hash.ts';
import type { RosterEntry } from '../wire/entries/command.ts';
import type { OrderMember } from '../wire/configuration/configuration.ts';
import { type RadiantId, type ReplicaId, asReplicaId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { encodeRoster, type Roster, type RosterMember, type TargetMembership } from '../wire/configuration/roster.ts';

type TargetRejection =
  /** The roster's number is equal or higher. */
  | 'older'
  /** The roster would exceed its limit, because too many members are joining or leaving. */
  | 'too-many';

/** The roster of a new order, which contains only its first voters. */
export function firstRoster(firstVoters: readonly OrderMember[]): Roster {
  const members = firstVoters.map((voter): RosterMember => ({ ...voter, wanted: 'voter' })).sort(byReplica);
  const last = members.at(-1)?.replica ?? 0;
  return { number: 0, isReached: true, nextReplica: asReplicaId(last + 1), companion: undefined, members };
}

/** Returns the roster after an entry of the log, or the same object if the entry has no effect. */
export function rosterAfter(roster: Roster, entry: RosterEntry): Roster {
  if (entry.kind === 'companion') return withCompanion(roster, entry.companion);
  if (entry.kind === 'members') return refusalOf(roster, entry) === undefined ? withTarget(roster, entry) : roster;
  if (entry.number !== roster.number || roster.isReached) return roster;
  return withMembers(
    { ...roster, isReached: true },
    roster.members.filter(({ wanted }) => wanted !== 'removed'),
  );
}

/** Whether the target has at least one voter, names each radiant once, and keeps the limit. */
export function isSound({ voters, learners }: Omit<TargetMembership, 'number'>): boolean {
  const named = [...voters, ...learners].map(({ radiant }) => radiant);
  return voters.length > 0 && named.length <= LIMITS.configuration.orderMembers && new Set(named).size === named.length;
}

/** The reason why the target would have no effect. Undefined if it would have an effect. */
export function refusalOf(roster: Roster, { number, voters, learners }: TargetMembership): TargetRejection | undefined {
  if (number <= roster.number) return 'older';
  const joining = [...voters, ...learners].filter(({ radiant }) => memberOf(roster, radiant) === undefined).length;
  return roster.members.length + joining > LIMITS.configuration.rosterMembers ? 'too-many' : undefined;
}

export function memberOf(roster: Roster, radiant: RadiantId): RosterMember | undefined {
  return roster.members.find((member) => member.radiant === radiant);
}

export function targetOf({ members }: Roster): Membership {
  const replicasWanted = (as: RosterMember['wanted']) =>
    members.filter(({ wanted }) => wanted === as).map(({ replica }) => replica);
  return { voters: replicasWanted('voter'), learners: replicasWanted('learner') };
}

/** Hash of the encoded roster. Equal rosters have equal digests. */
export function rosterDigest(roster: Roster): string {
  return hashText(feedBytes(EMPTY_HASH, encodeRoster(roster)));
}

function withTarget(roster: Roster, { number, voters, learners }: TargetMembership): Roster {
  const wanted = new Map<RadiantId, 'voter' | 'learner'>();
  for (const { radiant } of voters) wanted.set(radiant, 'voter');
  for (const { radiant } of learners) wanted.set(radiant, 'learner');
  const stays = roster.members.map(
    (member): RosterMember => ({ ...member, wanted: wanted.get(member.radiant) ?? 'removed' }),
  );
  const joins = [...voters, ...learners]
    .filter(({ radiant }) => memberOf(roster, radiant) === undefined)
    .map(({ radiant, device }, at): RosterMember => {
      const replica = asReplicaId(roster.nextReplica + at);
      return { radiant, device, replica, wanted: wanted.get(radiant) ?? 'removed' };
    });
  const nextReplica = asReplicaId(roster.nextReplica + joins.length);
  const { companion } = roster;
  return withMembers({ number, isReached: false, nextReplica, companion }, [...stays, ...joins]);
}

/** Builds the next roster. The companion stays while it is eligible. */
function withMembers(roster: Omit<Roster, 'members'>, members: readonly RosterMember[]): Roster {
  const next = { ...roster, members };
  return staysCompanion(next) ? next : { ...next, companion: undefined };
}

function withCompanion(roster: Roster, companion: ReplicaId | undefined): Roster {
  if (companion === roster.companion) return roster;
  const next = { ...roster, companion };
  const isWanted = roster.members.some(({ replica, wanted }) => replica === companion && wanted !== 'removed');
  return companion === undefined || (isWanted && staysCompanion(next)) ? next : roster;
}

/**
 * Whether the companion stays eligible. Only a learner of a sole voter can be the companion. An eligible companion
 * stays until a target for other members is reached, because entries may exist that only it and the voter have flushed.
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
