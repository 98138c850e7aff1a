/**
 * Who takes the place of a voter that is gone (design, rule 6): a radiant that is present and can remember,
 * of the same device where there is one. Pure: what a herald has observed goes in, a target comes out.
 */
import type { Participant } from '../wire/configuration/configuration.ts';
import type { DeviceId, RadiantId } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';
import type { TargetMembership, Roster, RosterMember } from '../wire/configuration/roster.ts';

/** What is known of a radiant that should vote. */
export interface VoterObservation {
  /** The algorithm counts it as a voter already. */
  readonly votes: boolean;
  /** How long nobody has heard of it; 0: it is there. */
  readonly silentMs: number;
  /** Its device has said that its data is lost: it will never be heard of again. */
  readonly isRetired: boolean;
}

export interface Observations {
  readonly voter: (radiant: RadiantId) => VoterObservation;
  /** Radiants that are present and durable, and whose disks have room. */
  readonly present: readonly Participant[];
}

/** Whom to target for; undefined: everyone stays. A voter that nobody can take the place of stays, too. */
export function replacementTarget(
  roster: Roster,
  observed: Observations,
): Omit<TargetMembership, 'number'> | undefined {
  const voters = roster.members.filter(({ wanted }) => wanted === 'voter');
  const free = observed.present.filter(({ radiant }) => !voters.some((voter) => voter.radiant === radiant));
  const stays = voters.filter(({ radiant }) => !isDead(observed.voter(radiant)));
  const chosen: Participant[] = [...stays];
  for (const dead of voters) {
    if (stays.includes(dead)) continue;
    const best = bestFor(dead, free, chosen, roster);
    chosen.push(best ?? dead);
    if (best !== undefined) free.splice(free.indexOf(best), 1);
  }
  if (chosen.every(({ radiant }) => voters.some((voter) => voter.radiant === radiant))) return undefined;
  const learners = roster.members.filter(({ wanted, radiant }) => wanted === 'learner' && !isIn(chosen, radiant));
  return { voters: chosen.map(asParticipant), learners: learners.map(asParticipant) };
}

/** Nothing rests on whoever does not vote yet: for that one nobody waits long. */
function isDead({ votes, silentMs, isRetired }: VoterObservation): boolean {
  return isRetired || silentMs >= (votes ? INTERVALS.deadAfterMs : INTERVALS.catchUpPatienceMs);
}

/** Of the same device; else a learner, which holds the data already; else of a device without a voter. */
function bestFor(
  dead: Participant,
  free: readonly Participant[],
  voters: readonly Participant[],
  roster: Roster,
): Participant | undefined {
  const rank = (candidate: Participant) =>
    (candidate.device === dead.device ? 0 : 4) +
    (isLearner(roster, candidate.radiant) ? 0 : 2) +
    (isUsed(voters, candidate.device) ? 1 : 0);
  return free.toSorted((one, other) => rank(one) - rank(other) || compare(one.radiant, other.radiant))[0];
}

function isLearner({ members }: Roster, radiant: RadiantId): boolean {
  return members.some((member: RosterMember) => member.radiant === radiant && member.wanted === 'learner');
}

function isUsed(voters: readonly Participant[], device: DeviceId): boolean {
  return voters.some((voter) => voter.device === device);
}

function isIn(participants: readonly Participant[], radiant: RadiantId): boolean {
  return participants.some((participant) => participant.radiant === radiant);
}

function asParticipant({ radiant, device }: Participant): Participant {
  return { radiant, device };
}

function compare(one: string, other: string): number {
  return one < other ? -1 : 1;
}
