/**
 * Who of a group votes, and who learns (design, rule 6). Pure: what is wanted now and what a bondsmith has observed
 * go in, what is to be wanted comes out. Whoever votes and is there goes on voting, whatever else would be nicer.
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
  /** At most so many vote; an odd number. */
  readonly maxVoters: number;
  /** A majority of those that vote can be reached: without one nothing is decided in a group, so nothing is wanted. */
  readonly hasQuorum: boolean;
  /** The group has come to what was wanted of it before. Until then only those that are gone are replaced. */
  readonly isSettled: boolean;
  /** Those of the wanted voters that do vote by now; undefined: not known. */
  readonly voting: ReadonlySet<RadiantId> | undefined;
  /** Who leads the group, and so has all that it decided; undefined: nobody, as far as is known. */
  readonly leader: RadiantId | undefined;
  /** Those that are to go though they are there. */
  readonly leaving: ReadonlySet<RadiantId>;
  /** Others that are there and could take a vacant seat at once: looked for only where there is one. */
  readonly outsiders: () => readonly Participant[];
  /** Whom of two that could take a seat to prefer: the lower rank, compared place by place. */
  readonly rank: (candidate: Participant, inUse: number, isOutsider: boolean) => readonly number[];
}

/** Voters are an odd number: with an even one, no more may be lost than with one voter less. */
export function largestOdd(count: number): number {
  return count % 2 === 1 ? count : Math.max(count - 1, 0);
}

/** What is to be wanted of a group; undefined: what is wanted already, or nothing can be done. */
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
 * With fewer voters a group would stand on fewer disks until newcomers had stayed: whoever has lost its data is about to
 * come back as another.
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

/** Whoever is gone; and of those that leave only so many at once that the others are a majority, or the only one. */
function goersOf(voters: readonly Participant[], terms: VotingTerms): readonly Participant[] {
  const gone = voters.filter(({ radiant }) => isGone(terms.facts, radiant) || isLate(radiant, terms));
  const leaving = sorted(
    voters.filter(({ radiant }) => terms.leaving.has(radiant) && !gone.some((one) => one.radiant === radiant)),
  );
  const most = Math.max(1, Math.floor((voters.length - 1) / 2));
  return [...gone, ...leaving.slice(0, Math.max(0, most - gone.length))];
}

/** Nothing rests yet on one that is to vote and does not: for that one nobody waits long. It may come back, and learn. */
function isLate(radiant: RadiantId, { facts, voting }: VotingTerms): boolean {
  return voting !== undefined && !voting.has(radiant) && isAbsent(facts, radiant, facts.times.catchUpPatienceMs);
}

/**
 * Whoever could become a voter: learners of the group, which hold its data, and outsiders. A learner takes a vacant seat
 * however short it has been there: with one voter less, two more would be, and the order would stand on one disk.
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

/** How many shall vote: as many as before, where there are so many; two more, where that many are there to stay. */
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
 * Where fewer are to vote than are left: those that are there, and stay, of different devices; those that lead: the more
 * groups stand on the same one, the fewer are hurt by the loss of another. Of equals the one that decides is sure to be there.
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

/** The vacant seats are taken. Where more vote than before, those that are to stay are among them. */
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

/** One voter makes room for a learner of a device without a voter, where another voter shares its own. */
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

/** Adds the best candidates, one after another, until there are so many; ids decide between equals. */
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

/** Whether both name the same radiants, in whichever order. */
function isSame(one: readonly Participant[], other: readonly Participant[]): boolean {
  const radiants = new Set(one.map(({ radiant }) => radiant));
  return one.length === other.length && other.every(({ radiant }) => radiants.has(radiant));
}
