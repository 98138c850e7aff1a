import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extent } from '../extent.ts';
import { majority, participantsOf } from '../../src/cluster/configuration.ts';
import { type ClusterFacts, isAbsent, isGone, isPresent } from '../../src/cluster/cluster-facts.ts';
import { firstRoster, rosterAfter } from '../../src/cluster/roster.ts';
import { preferredBondsmith, bondsmithMembersTarget } from '../../src/cluster/bondsmith-members.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Configuration } from '../../src/wire/configuration/configuration.ts';
import { asReplicaId, type RadiantId } from '../../src/wire/identifiers.ts';

import type { Roster } from '../../src/wire/configuration/roster.ts';
import { TIMES } from '../../src/wire/times.ts';
import { PlacementWorld } from './placement-world.ts';
import { founded, order, radiant } from './worlds.ts';

class Seats {
  readonly world: PlacementWorld;
  roster: Roster;
  /** The voters in the log of the bondsmith's order. */
  voting: readonly RadiantId[];

  constructor(configuration: Configuration) {
    this.world = new PlacementWorld(configuration, undefined);
    this.roster = firstRoster(configuration.bondsmith.firstVoters);
    this.voting = this.wanted('voter');
    this.world.pass(20_000);
  }

  /** Proposes the next target and reaches it. @returns whether there was a target to propose */
  reconcile(facts: ClusterFacts = this.world.facts()): boolean {
    const isChanged = this.target(facts);
    if (isChanged) this.reach();
    return isChanged;
  }

  /** Proposes the next target. @returns whether there was a target to propose */
  target(facts: ClusterFacts = this.world.facts()): boolean {
    const present = this.voting.filter((one) => this.world.isPresent(one));
    const [leader] = present;
    if (leader === undefined) return false;
    const hasQuorum = present.length >= majority(this.voting.length);
    const voting = new Set(this.voting);
    const target = bondsmithMembersTarget(this.world.configuration, this.roster, facts, { leader, voting, hasQuorum });
    if (target === undefined) return false;
    const number = this.roster.number + 1;
    this.roster = rosterAfter(this.roster, { kind: 'members', logTimeMs: 0, number, ...target });
    return true;
  }

  /**
   * Moves the log to the latest target. The present voters must be a majority of the current and of the wanted voters.
   */
  reach(): void {
    const wanted = this.wanted('voter');
    const canDecide = [this.voting, wanted].every((voters) => {
      return voters.filter((one) => this.world.isPresent(one)).length >= majority(voters.length);
    });
    if (!canDecide) return;
    this.voting = wanted;
    const { number } = this.roster;
    this.roster = rosterAfter(this.roster, { kind: 'members-reached', logTimeMs: 0, number });
  }

  wanted(as: 'voter' | 'learner'): RadiantId[] {
    return this.roster.members.filter(({ wanted }) => wanted === as).map((member) => member.radiant);
  }
}

test('one radiant is the sole voter, a second one learns, and three vote once the third has stayed for a while', () => {
  const seats = new Seats(founded({ radiants: 1 }));
  expect(seats.reconcile()).toBe(false);
  seats.world.open(1);
  seats.world.joinAll();
  expect(seats.reconcile()).toBe(false);
  seats.world.pass(4_000);
  expect(seats.reconcile()).toBe(true);
  expect([seats.wanted('voter').length, seats.wanted('learner').length]).toEqual([1, 1]);
  seats.world.open(2);
  seats.world.joinAll();
  seats.world.pass(4_000);
  expect(seats.reconcile()).toBe(true);
  expect([seats.wanted('voter').length, seats.wanted('learner').length]).toEqual([1, 2]);
  expect(seats.reconcile()).toBe(false);
  seats.world.pass(7_000);
  expect(seats.reconcile()).toBe(true);
  expect([seats.wanted('voter').length, seats.wanted('learner').length]).toEqual([3, 0]);
  expect(seats.reconcile()).toBe(false);
});

test('a vacant seat goes to a device without a seat, preferably to a herald, and all other seats stay', () => {
  const seats = new Seats(founded({ radiants: 9, perDevice: 2 }));
  const [gone, ...others] = seats.wanted('voter');
  if (gone === undefined) throw new Error('three seats');
  seats.world.become(gone, 'departed');
  seats.world.pass(6_000);
  const facts = seats.world.facts();
  const free = participantsOf(seats.world.configuration).filter((one) => !seats.wanted('voter').includes(one.radiant));
  const devices = new Set(
    seats.roster.members.filter((one) => others.includes(one.radiant)).map(({ device }) => device),
  );
  const [other] = seats.world.configuration.orders;
  const fresh = free
    .filter(({ device }) => !devices.has(device))
    .toSorted((one, two) => (one.radiant < two.radiant ? 1 : -1));
  const [herald] = fresh;
  if (herald === undefined || other === undefined) throw new Error('somebody on another device');
  const orders = new Map([[other.id, { herald: herald.radiant, hasQuorum: true, voting: undefined, isSettled: true }]]);
  expect(seats.reconcile({ ...facts, orders })).toBe(true);
  expect(new Set(seats.wanted('voter'))).toEqual(new Set([...others, herald.radiant]));
});

test('a radiant that leaves the cluster loses its seat, and a sole voter loses it to another radiant', () => {
  const seats = new Seats(founded({ radiants: 2 }));
  expect(seats.reconcile()).toBe(true);
  const [voter] = seats.wanted('voter');
  if (voter === undefined) throw new Error('one seat');
  expect(seats.world.administer({ kind: 'leave', radiants: [voter] }).kind).toBe('change');
  expect(seats.reconcile()).toBe(true);
  expect(seats.wanted('voter')).not.toContain(voter);
  expect([seats.wanted('voter').length, seats.wanted('learner').length]).toEqual([1, 0]);
});

test('the seat of a radiant that lost its data waits for its successor for a limited time', () => {
  const seats = new Seats(founded({ radiants: 3 }));
  const [, , lost] = seats.voting;
  if (lost === undefined) throw new Error('three seats');
  seats.world.become(lost, 'retired');
  expect(seats.reconcile()).toBe(false);
  const heir = seats.world.open(9);
  seats.world.pass(TIMES.membership.candidatePresenceMs - 1);
  expect(seats.reconcile()).toBe(false);
  const alone = seats.roster;
  seats.world.joinAll();
  expect(seats.reconcile()).toBe(true);
  expect(seats.wanted('voter')).toHaveLength(3);
  expect(seats.wanted('voter')).toContain(heir);

  seats.roster = alone;
  seats.voting = seats.wanted('voter');
  seats.world.become(heir, 'silent');
  expect(seats.reconcile()).toBe(false);
  seats.world.pass(1);
  expect(seats.reconcile()).toBe(true);
  expect(seats.wanted('voter')).toHaveLength(1);
});

test('a future voter that dies before it votes is replaced after catchUpPatienceMs', () => {
  const seats = new Seats(founded({ radiants: 9 }));
  const [gone] = seats.wanted('voter');
  if (gone === undefined) throw new Error('three seats');
  const before = new Set(seats.wanted('voter'));
  seats.world.become(gone, 'departed');
  seats.world.pass(TIMES.membership.awayMs);
  expect(seats.target()).toBe(true);
  const [heir] = seats.wanted('voter').filter((one) => !before.has(one));
  if (heir === undefined) throw new Error('somebody is to take the seat');
  seats.world.become(heir, 'silent');
  seats.world.pass(TIMES.membership.catchUpPatienceMs - 1);
  expect(seats.target()).toBe(false);
  seats.world.pass(1);
  expect(seats.target()).toBe(true);
  expect(seats.wanted('voter')).toHaveLength(3);
  expect(seats.wanted('voter')).not.toContain(heir);
});

test('a sole voter is a herald if possible, and among equals the bondsmith', () => {
  const seats = () => {
    const three = new Seats(founded({ radiants: 3 }));
    const [leader, other, gone] = three.voting;
    if (leader === undefined || other === undefined || gone === undefined) throw new Error('three seats');
    three.world.become(gone, 'departed');
    three.world.pass(TIMES.membership.awayMs);
    return { three, leader, other, radiants: three.world.facts().radiants };
  };
  for (const ids of [(one: RadiantId) => [one], (one: RadiantId, two: RadiantId) => [one, two], () => []]) {
    const { three, leader, other, radiants } = seats();
    const heralds = ids(other, leader);
    const orders = heralds.map((herald, at) => {
      return [order(at + 1), { herald, hasQuorum: true, voting: undefined, isSettled: true }] as const;
    });
    expect(three.reconcile({ radiants, orders: new Map(orders), times: TIMES.membership })).toBe(true);
    expect(three.wanted('voter')).toEqual([heralds.length === 1 ? other : leader]);
  }
});

test('the number of seats is odd, present voters keep their seats, and no seat changes without a quorum', {
  timeout: 120_000,
}, () => {
  const action = fc.record({
    kind: fc.constantFrom('silent', 'departed', 'retired', 'present', 'present', 'open', 'open'),
    which: fc.nat(30),
    durationMs: fc.constantFrom(0, 1_000, 4_000, 11_000, 70_000),
    reaches: fc.boolean(),
  });
  const setting = fc.record({
    radiants: fc.integer({ min: 1, max: 9 }),
    replicationFactor: fc.constantFrom(1, 3, 5, 4),
  });
  fc.assert(
    fc.property(setting, fc.array(action, { maxLength: 30 }), (target, actions) => {
      const seats = new Seats(founded(target));
      for (const { kind, which, durationMs, reaches } of actions) {
        if (kind === 'open') seats.world.open(which % 5);
        else seats.world.become(radiant(which), kind);
        seats.world.joinAll();
        seats.world.pass(durationMs);
        const facts = seats.world.facts();
        const devicesOf = (radiants: readonly RadiantId[]) =>
          new Set(radiants.map((one) => seats.world.inhabitants.get(one)?.device)).size;
        const before = seats.wanted('voter');
        const voting = new Set(seats.voting);
        const quorum = seats.voting.filter((one) => isPresent(facts, one)).length >= majority(voting.size);
        const isChanged = seats.target(facts);
        if (reaches) seats.reach();
        const after = seats.wanted('voter');
        expect(after.length % 2).toBe(1);
        expect(after.length).toBeLessThanOrEqual(target.replicationFactor);
        assert(quorum || !isChanged, 'nothing is proposed for without a quorum');
        const isLate = (one: RadiantId) => !voting.has(one) && isAbsent(facts, one, TIMES.membership.catchUpPatienceMs);
        const goesOn = before.every((one) => after.includes(one) || isGone(facts, one) || isLate(one));
        const isSpread = devicesOf(after) > devicesOf(before);
        assert(goesOn || after.length < before.length || isSpread, 'a present member keeps its seat');
      }
    }),
    { numRuns: extent(300, 1_000) },
  );
});

test('the roster begins with the replica ids of the founding', () => {
  const { bondsmith } = founded({ radiants: 9 });
  expect(bondsmith.firstVoters.map(({ replica }) => replica)).toEqual([1, 2, 3].map(asReplicaId));
});

test("a bondsmith that leads no order prefers a herald as its successor, unless the herald's disk is full", () => {
  const seats = new Seats(founded({ radiants: 3 }));
  seats.world.pass(TIMES.membership.promotionMs);
  const facts = seats.world.facts();
  const [herald] = [...facts.orders.values()].flatMap((one) => one.herald ?? []);
  const bondsmith = seats.wanted('voter').find((one) => one !== herald);
  const known = herald === undefined ? undefined : facts.radiants.get(herald);
  assert(herald !== undefined && bondsmith !== undefined && known !== undefined, 'an order has a herald');
  expect(preferredBondsmith(bondsmith, seats.roster, facts)?.radiant).toBe(herald);
  const full = { ...facts, radiants: new Map([...facts.radiants, [herald, { ...known, diskFull: true }]]) };
  expect(preferredBondsmith(bondsmith, seats.roster, full)).toBeUndefined();
});
