/**
 * Chooses the members of the bondsmith's order (design, rule 8) among the radiants of the cluster, up to the
 * replication factor. A present member stays. A vacant seat goes first to a device without a member, then to a herald.
 */
import type { Configuration, Participant } from '../wire/configuration/configuration.ts';
import type { RadiantId } from '../wire/identifiers.ts';
import type { TargetMembership, Roster, RosterMember } from '../wire/configuration/roster.ts';
import { participantsOf } from './configuration.ts';
import { type ClusterFacts, canVote, heraldsOf, isPresent } from './cluster-facts.ts';
import { chosen, fittingVoters, largestOdd, type WantedLists } from './voters.ts';

/** The voters and the leader of the bondsmith's order, as its own log names them. */
interface Electorate {
  readonly leader: RadiantId;
  readonly voting: ReadonlySet<RadiantId>;
  /**
   * Whether a majority of the voters is reachable. During a joint membership change, both voter sets need a majority.
   */
  readonly hasQuorum: boolean;
}

/** The members that the bondsmith's order should change to. Undefined if the members stay. */
export function bondsmithMembersTarget(
  configuration: Configuration,
  roster: Roster,
  facts: ClusterFacts,
  { leader, voting, hasQuorum }: Electorate,
): Omit<TargetMembership, 'number'> | undefined {
  const everyone = new Map(participantsOf(configuration).map((participant) => [participant.radiant, participant]));
  const wanted = { voters: wantedAs(roster, 'voter'), learners: wantedAs(roster, 'learner') };
  const seated = new Set([...wanted.voters, ...wanted.learners].map(({ radiant }) => radiant));
  const heralds = heraldsOf(facts);
  const rank = ({ radiant }: Participant, inUse: number) => [inUse, heralds.has(radiant) ? 0 : 1];
  const outsiders = [...everyone.values()].filter(({ radiant }) => !seated.has(radiant) && canVote(facts, radiant, 0));
  const maxVoters = largestOdd(configuration.replicationFactor);
  const fitted = fittingVoters(wanted, {
    facts,
    maxVoters,
    hasQuorum,
    isSettled: roster.isReached,
    voting,
    leader,
    leaving: new Set([...seated].filter((radiant) => !everyone.has(radiant))),
    // Outsiders need no minimum presence. A vacant seat tolerates fewer losses, and an outsider learns before it votes.
    outsiders: () => outsiders,
    rank: (candidate, inUse, isOutsider) => [...rank(candidate, inUse), isOutsider ? 1 : 0],
  });
  if (!hasQuorum || (fitted === undefined && !roster.isReached)) return undefined;
  return filledUp(fitted ?? wanted, wanted, { maxVoters, outsiders, rank, facts });
}

/**
 * The voter that should become bondsmith, so that one radiant leads both orders. Undefined if the bondsmith already
 * leads another order. A transfer delays decisions, so every radiant must have been present for `promotionMs`.
 */
export function preferredBondsmith(
  bondsmith: RadiantId,
  roster: Roster,
  facts: ClusterFacts,
): RosterMember | undefined {
  const heralds = heraldsOf(facts);
  const isQuiet = [...facts.radiants.keys()].every((radiant) => isPresent(facts, radiant, facts.times.promotionMs));
  if (!roster.isReached || !isQuiet || heralds.has(bondsmith)) return undefined;
  // A voter with a full disk does not campaign. Waiting for its election would block proposals.
  return roster.members.find(({ radiant, wanted }) => {
    return wanted === 'voter' && heralds.has(radiant) && canVote(facts, radiant, 0);
  });
}

interface Filling {
  readonly maxVoters: number;
  readonly outsiders: readonly Participant[];
  readonly rank: (candidate: Participant, inUse: number) => readonly number[];
  readonly facts: ClusterFacts;
}

/** Adds learners to the vacant seats. Candidates must have been present for `candidatePresenceMs`. */
function filledUp(fitted: WantedLists, before: WantedLists, filling: Filling): WantedLists | undefined {
  const { maxVoters, outsiders, rank, facts } = filling;
  const free = Math.max(0, maxVoters - fitted.voters.length);
  const kept = chosen([], Math.min(free, fitted.learners.length), fitted.learners, ({ radiant }) => [
    isPresent(facts, radiant) ? 0 : 1,
  ]);
  const voting = new Set(fitted.voters.map(({ radiant }) => radiant));
  const others = outsiders.filter(({ radiant }) => {
    return !voting.has(radiant) && canVote(facts, radiant, facts.times.candidatePresenceMs);
  });
  const members = chosen([...fitted.voters, ...kept], maxVoters, others, rank);
  const learners = members.slice(fitted.voters.length);
  return isSame(fitted.voters, before.voters) && isSame(learners, before.learners)
    ? undefined
    : { voters: fitted.voters, learners };
}

function wantedAs({ members }: Roster, as: RosterMember['wanted']): readonly Participant[] {
  return members.filter(({ wanted }) => wanted === as).map(({ radiant, device }) => ({ radiant, device }));
}

function isSame(one: readonly Participant[], other: readonly Participant[]): boolean {
  const radiants = new Set<RadiantId>(one.map(({ radiant }) => radiant));
  return one.length === other.length && other.every(({ radiant }) => radiants.has(radiant));
}
