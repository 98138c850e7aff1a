/**
 * Chooses the voters and learners of a group (design, rule 6). The choice is a pure function of the wanted members and
 * the observed facts. A present voter keeps voting, unless it leaves, fewer radiants should vote, or another voter is on
 * its device.
 */
import type { Participant } from '../wire/configuration/configuration.ts';
import type { DeviceId, RadiantId } from '../wire/identifiers.ts';
import { type ClusterFacts, canVote, isAbsent, isGone, isPresent, mayHaveSuccessor } from './cluster-facts.ts';

export interface WantedLists {
  readonly voters: readonly Participant[];
  readonly learners: readonly Participant[];
}

interface VotingTerms {
  readonly facts: ClusterFacts;
  /** Most voters. An odd number. */
  readonly maxVoters: number;
  /**
   * Whether a majority of the voters is reachable. A group without a majority cannot change its members, so no change
   * is planned for it.
   */
  readonly hasQuorum: boolean;
  /** Whether the group has reached the wanted members. Until then, only gone members are replaced. */
  readonly isSettled: boolean;
  /** The radiants that vote by the group's log. A wanted voter can be missing from the set. Undefined if unknown. */
  readonly voting: ReadonlySet<RadiantId> | undefined;
  readonly leader: RadiantId | undefined;
  /** Present members that should leave. */
  readonly leaving: ReadonlySet<RadiantId>;
  /** Candidates of other groups that could fill a vacancy at once. Called only if a vacancy exists. */
  readonly outsiders: () => readonly Participant[];
  /**
   * Ranks a candidate. Ranks are compared element by element, and the lower rank wins. `inUse` is the number of chosen
   * members on the candidate's device.
   */
  readonly rank: (candidate: Participant, inUse: number, isOutsider: boolean) => readonly number[];
}

/** Rounds down to an odd number. An even number of voters tolerates no more losses than one voter fewer. */
export function largestOdd(count: number): number {
  return count % 2 === 1 ? count : Math.max(count - 1, 0);
}

/** The members that a group should change to. Undefined if the members stay, or no change is possible. */
export function fittingVoters(wanted: WantedLists, terms: VotingTerms): WantedLists | undefined {
  if (!terms.hasQuorum) return undefined;
  const goers = new Set(goersOf(wanted.voters, terms).map(({ radiant }) => radiant));
  const staying = wanted.voters.filter(({ radiant }) => !goers.has(radiant));
  const learning = wanted.learners.filter(({ radiant }) => !goes(radiant, terms));
  const isVacant = staying.length < wanted.voters.length;
  const candidates = candidatesOf(learning, isVacant ? terms.outsiders() : [], terms);
  const size = sizeOf(wanted.voters.length, staying.length, candidates, terms);
  if (size === 0) return undefined;
  if (size < wanted.voters.length && isSuccessorAwaited(wanted, terms.facts)) return undefined;
  const kept = keptOf(staying, size, terms);
  const voters = seated(kept, size, candidates, terms);
  const fitted = goers.size === 0 && size === wanted.voters.length ? spreadOver(voters, learning, terms) : voters;
  const isVoting = new Set(fitted.map(({ radiant }) => radiant));
  const joinAndLeave = wanted.voters.filter(
    ({ radiant }) => staying.some((one) => one.radiant === radiant) || !goes(radiant, terms),
  );
  const learners = [...learning, ...joinAndLeave].filter(({ radiant }) => !isVoting.has(radiant));
  const now = { voters: sorted(fitted), learners: sorted(learners) };
  return isSame(now.voters, wanted.voters) && isSame(now.learners, wanted.learners) ? undefined : now;
}

/**
 * Whether a successor of a voter with lost data may join soon. Removing the voter before its successor joins would
 * leave the data on fewer disks.
 */
export function isSuccessorAwaited({ voters }: WantedLists, facts: ClusterFacts): boolean {
  return voters.some(({ radiant }) => mayHaveSuccessor(facts, radiant));
}

interface Candidate {
  readonly participant: Participant;
  readonly isOutsider: boolean;
}

function goes(radiant: RadiantId, { facts, leaving }: VotingTerms): boolean {
  return leaving.has(radiant) || isGone(facts, radiant);
}

/**
 * The voters that go now. All gone voters go. Present voters that should leave go in small groups, so that at most a
 * minority goes. A sole voter may go.
 */
function goersOf(voters: readonly Participant[], terms: VotingTerms): readonly Participant[] {
  const gone = voters.filter(({ radiant }) => isGone(terms.facts, radiant) || isLate(radiant, terms));
  const leaving = sorted(
    voters.filter(({ radiant }) => terms.leaving.has(radiant) && !gone.some((one) => one.radiant === radiant)),
  );
  const most = Math.max(1, Math.floor((voters.length - 1) / 2));
  return [...gone, ...leaving.slice(0, Math.max(0, most - gone.length))];
}

/** Whether a wanted voter has been absent for too long before it could vote. It may return as a learner. */
function isLate(radiant: RadiantId, { facts, voting }: VotingTerms): boolean {
  return voting !== undefined && !voting.has(radiant) && isAbsent(facts, radiant, facts.times.catchUpPatienceMs);
}

/**
 * The radiants that could become voters. Learners of the group come first, because they have its data. A learner fills a vacancy at
 * once. One voter fewer often means two fewer, which would leave the data on one disk.
 */
function candidatesOf(
  learning: readonly Participant[],
  outsiders: readonly Participant[],
  { facts, leaving }: VotingTerms,
): readonly Candidate[] {
  const own = learning.map((participant): Candidate => ({ participant, isOutsider: false }));
  const others = outsiders.map((participant): Candidate => ({ participant, isOutsider: true }));
  return [...own, ...others].filter(({ participant: { radiant }, isOutsider }) => {
    return (isOutsider || canVote(facts, radiant, 0)) && !leaving.has(radiant);
  });
}

/**
 * The number of voters. It stays the same if possible. It grows by two when enough candidates were present for
 * `promotionMs`.
 */
function sizeOf(before: number, staying: number, candidates: readonly Candidate[], terms: VotingTerms): number {
  const same = largestOdd(Math.min(before, terms.maxVoters, staying + candidates.length));
  if (!terms.isSettled || staying < before) return same;
  const steady = candidates.filter(({ participant, isOutsider }) => !isOutsider && isSteady(participant, terms));
  return Math.max(same, largestOdd(Math.min(before + 2, terms.maxVoters, staying + steady.length)));
}

function isSteady({ radiant }: Participant, { facts }: VotingTerms): boolean {
  return canVote(facts, radiant, facts.times.promotionMs);
}

/**
 * The voters to keep if fewer should vote. Present voters on different devices come first. Voters that lead other
 * orders come next, so that a loss affects fewer disks. The leader wins a tie.
 */
function keptOf(staying: readonly Participant[], size: number, terms: VotingTerms): readonly Participant[] {
  const { facts, leaving, leader } = terms;
  const heralds = new Set([...facts.orders.values()].map(({ herald }) => herald));
  return chosen([], Math.min(size, staying.length), staying, ({ radiant }, inUse) => [
    isPresent(facts, radiant) ? 0 : 1,
    leaving.has(radiant) ? 1 : 0,
    inUse,
    heralds.has(radiant) ? 0 : 1,
    radiant === leader ? 0 : 1,
  ]);
}

/** Fills the vacancies. Candidates that were present for `promotionMs` come first. */
function seated(
  kept: readonly Participant[],
  size: number,
  candidates: readonly Candidate[],
  terms: VotingTerms,
): readonly Participant[] {
  const outsiders = new Set(candidates.filter(({ isOutsider }) => isOutsider).map(({ participant }) => participant));
  const all = candidates.map(({ participant }) => participant);
  return chosen(kept, size, all, (candidate, inUse) => [
    isSteady(candidate, terms) ? 0 : 1,
    ...terms.rank(candidate, inUse, outsiders.has(candidate)),
  ]);
}

/**
 * Replaces one voter that shares its device with another voter. The replacement is a learner on a device without a
 * voter.
 */
function spreadOver(
  voters: readonly Participant[],
  learning: readonly Participant[],
  terms: VotingTerms,
): readonly Participant[] {
  const { facts, isSettled } = terms;
  if (!isSettled || voters.length < 3 || !voters.every(({ radiant }) => isPresent(facts, radiant))) return voters;
  const uses = usesOf(voters);
  const heralds = new Set([...facts.orders.values()].map(({ herald }) => herald));
  const from = chosen(
    [],
    1,
    voters.filter(({ device }) => (uses.get(device) ?? 0) > 1),
    ({ device, radiant }) => [-(uses.get(device) ?? 0), heralds.has(radiant) ? 1 : 0],
  );
  const fresh = learning.filter((learner) => !uses.has(learner.device) && isSteady(learner, terms));
  const [to] = chosen([], 1, fresh, () => []);
  if (from.length === 0 || to === undefined) return voters;
  return [...voters.filter((voter) => !from.includes(voter)), to];
}

/** Adds the best candidates one by one. Ids decide ties. */
export function chosen(
  already: readonly Participant[],
  count: number,
  candidates: readonly Participant[],
  rank: (candidate: Participant, inUse: number) => readonly number[],
): readonly Participant[] {
  const found = [...already];
  const left = [...sorted(candidates)];
  const uses = usesOf(found);
  while (found.length < count) {
    const ranked = left.map((candidate) => ({ candidate, rank: rank(candidate, uses.get(candidate.device) ?? 0) }));
    const [first] = ranked;
    if (first === undefined) break;
    const { candidate } = ranked.reduce((best, one) => (isBelow(one.rank, best.rank) ? one : best), first);
    found.push(candidate);
    uses.set(candidate.device, (uses.get(candidate.device) ?? 0) + 1);
    left.splice(left.indexOf(candidate), 1);
  }
  return found;
}

export function sorted(participants: readonly Participant[]): readonly Participant[] {
  return participants.toSorted((one, other) => (one.radiant < other.radiant ? -1 : 1));
}

function isBelow(one: readonly number[], other: readonly number[]): boolean {
  for (const [at, number] of one.entries()) {
    const counterpart = other[at] ?? 0;
    if (number !== counterpart) return number < counterpart;
  }
  return false;
}

function usesOf(participants: readonly Participant[]): Map<DeviceId, number> {
  const uses = new Map<DeviceId, number>();
  for (const { device } of participants) uses.set(device, (uses.get(device) ?? 0) + 1);
  return uses;
}

function isSame(one: readonly Participant[], other: readonly Participant[]): boolean {
  const radiants = new Set(one.map(({ radiant }) => radiant));
  return one.length === other.length && other.every(({ radiant }) => radiants.has(radiant));
}
