/** Which candidate fills the vacancy of a lost voter, with the ranks of an order. */
import { expect, test } from 'vitest';
import type { ClusterFacts, RadiantPresence } from '../../src/cluster/cluster-facts.ts';
import { fittingVoters } from '../../src/cluster/voters.ts';
import type { Participant } from '../../src/wire/configuration/configuration.ts';
import { TIMES } from '../../src/wire/times.ts';
import { device, participant, radiant } from './worlds.ts';

const STEADY: RadiantPresence = { kind: 'present', forMs: TIMES.membership.promotionMs };
const NEW: RadiantPresence = { kind: 'present', forMs: 0 };
const DEAD: RadiantPresence = { kind: 'silent', forMs: TIMES.membership.deadAfterMs };

/** Radiants 0 to 2 vote, each on its own device. Radiant 2 is dead. */
const VOTERS = [participant(0), participant(1), participant(2)];
const [LOST_DEVICE, VOTERS_DEVICE, FREE_DEVICE] = [2, 0, 9];

interface Candidates {
  readonly learners: readonly Participant[];
  readonly outsiders?: readonly Participant[];
  readonly presenceOf?: (candidate: Participant) => RadiantPresence;
}

/** The voters after the loss of radiant 2, without radiants 0 and 1. */
function successors({ learners, outsiders = [], presenceOf = () => STEADY }: Candidates): readonly Participant[] {
  const facts = (one: Participant, presence: RadiantPresence) =>
    [one.radiant, { ...one, durable: true, diskFull: false, presence }] as const;
  const lost = (one: Participant) => (one.radiant === radiant(2) ? DEAD : STEADY);
  const known: ClusterFacts = {
    radiants: new Map([
      ...VOTERS.map((one) => facts(one, lost(one))),
      ...[...learners, ...outsiders].map((one) => facts(one, presenceOf(one))),
    ]),
    orders: new Map(),
    times: TIMES.membership,
  };
  const fitted = fittingVoters(
    { voters: VOTERS, learners },
    {
      facts: known,
      maxVoters: 3,
      hasQuorum: true,
      isSettled: true,
      voting: new Set(VOTERS.map((one) => one.radiant)),
      leader: radiant(0),
      leaving: new Set(),
      outsiders: () => outsiders,
      rank: (_candidate, inUse, isOutsider) => [isOutsider ? 1 : 0, inUse],
    },
  );
  return (fitted?.voters ?? []).filter((voter) => voter.radiant !== radiant(0) && voter.radiant !== radiant(1));
}

test('a learner of the lost voter’s device succeeds it before a learner that shares a device with a voter', () => {
  const same = participant(10, LOST_DEVICE);
  for (const sharing of [participant(11, VOTERS_DEVICE), participant(3, VOTERS_DEVICE)]) {
    expect(successors({ learners: [sharing, same] })).toEqual([same]);
    expect(successors({ learners: [same, sharing] })).toEqual([same]);
  }
});

test('the lost voter’s device counts as free, like any other device without a voter', () => {
  const same = participant(10, LOST_DEVICE);
  const free = participant(11, FREE_DEVICE);
  const [first] = [same, free].toSorted((one, other) => (one.radiant < other.radiant ? -1 : 1));
  expect(successors({ learners: [same, free] })).toEqual([first]);
  expect(successors({ learners: [free, same] })).toEqual([first]);
});

test('a learner succeeds before a radiant of another order, even on the device of a voter', () => {
  const learner = participant(10, VOTERS_DEVICE);
  const outsider = participant(11, LOST_DEVICE);
  expect(successors({ learners: [learner], outsiders: [outsider] })).toEqual([learner]);
});

test('a radiant of another order succeeds if the order has no present learner', () => {
  const outsider = participant(11, LOST_DEVICE);
  const absent = participant(10, FREE_DEVICE);
  const presenceOf = ({ radiant: one }: Participant) => (one === absent.radiant ? DEAD : STEADY);
  expect(successors({ learners: [absent], outsiders: [outsider], presenceOf })).toEqual([outsider]);
});

test('a learner that was present for long succeeds before a new one on a better device', () => {
  const steady = participant(10, VOTERS_DEVICE);
  const fresh = participant(11, LOST_DEVICE);
  const presenceOf = ({ device: home }: Participant) => (home === device(LOST_DEVICE) ? NEW : STEADY);
  expect(successors({ learners: [steady, fresh], presenceOf })).toEqual([steady]);
  expect(successors({ learners: [fresh], presenceOf })).toEqual([fresh]);
});
