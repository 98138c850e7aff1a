import fc from 'fast-check';
import { expect, test } from 'vitest';
import { majority, participantsOf } from '../../src/cluster/configuration.ts';
import { type ClusterFacts, isGone, isPresent } from '../../src/cluster/facts.ts';
import { firstRoster, rosterAfter } from '../../src/cluster/roster.ts';
import { seatsWish } from '../../src/cluster/seats.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Configuration } from '../../src/wire/configuration.ts';
import { asReplicaId, type RadiantId } from '../../src/wire/identifiers.ts';
import type { Roster } from '../../src/wire/roster.ts';
import { PlacementWorld } from './placement-world.ts';
import { founded, radiant } from './worlds.ts';

class Seats {
  readonly world: PlacementWorld;
  roster: Roster;

  constructor(configuration: Configuration) {
    this.world = new PlacementWorld(configuration, undefined);
    this.roster = firstRoster(configuration.bondsmith?.firstVoters ?? []);
    this.world.pass(20_000);
  }

  /** Wishes once, and reaches it. @returns whether there was anything to wish for */
  pursue(facts: ClusterFacts = this.world.facts()): boolean {
    const voters = this.wanted('voter');
    const hasQuorum = voters.filter((one) => this.world.isPresent(one)).length >= majority(voters.length);
    const wish = seatsWish(this.world.configuration, this.roster, facts, hasQuorum);
    if (wish === undefined) return false;
    const number = this.roster.number + 1;
    this.roster = rosterAfter(this.roster, { kind: 'members', logTimeMs: 0, number, ...wish });
    this.roster = rosterAfter(this.roster, { kind: 'members-reached', logTimeMs: 0, number });
    return true;
  }

  wanted(as: 'voter' | 'learner'): RadiantId[] {
    return this.roster.members.filter(({ wanted }) => wanted === as).map((member) => member.radiant);
  }
}

test('one radiant has the only seat; a second learns; with a third, three vote as soon as they are there to stay', () => {
  const seats = new Seats(founded({ radiants: 1 }));
  expect(seats.pursue()).toBe(false);
  seats.world.open(1);
  seats.world.joinAll();
  expect(seats.pursue()).toBe(false);
  seats.world.pass(4_000);
  expect(seats.pursue()).toBe(true);
  expect([seats.wanted('voter').length, seats.wanted('learner').length]).toEqual([1, 1]);
  seats.world.open(2);
  seats.world.joinAll();
  seats.world.pass(4_000);
  expect(seats.pursue()).toBe(true);
  expect([seats.wanted('voter').length, seats.wanted('learner').length]).toEqual([1, 2]);
  expect(seats.pursue()).toBe(false);
  seats.world.pass(7_000);
  expect(seats.pursue()).toBe(true);
  expect([seats.wanted('voter').length, seats.wanted('learner').length]).toEqual([3, 0]);
  expect(seats.pursue()).toBe(false);
});

test('a vacant seat goes to a device without one, and of those to a herald; nobody else moves', () => {
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
  expect(seats.pursue({ radiants: facts.radiants, orders })).toBe(true);
  expect(new Set(seats.wanted('voter'))).toEqual(new Set([...others, herald.radiant]));
});

test('whoever leaves the cluster loses its seat, and a sole one only to another', () => {
  const seats = new Seats(founded({ radiants: 2 }));
  expect(seats.pursue()).toBe(true);
  const [voter] = seats.wanted('voter');
  if (voter === undefined) throw new Error('one seat');
  expect(seats.world.administer({ kind: 'leave', radiants: [voter] }).kind).toBe('change');
  expect(seats.pursue()).toBe(true);
  expect(seats.wanted('voter')).not.toContain(voter);
  expect([seats.wanted('voter').length, seats.wanted('learner').length]).toEqual([1, 0]);
});

test('whatever happens, seats are an odd number, sticky, and never changed without a quorum', () => {
  const action = fc.record({
    kind: fc.constantFrom('silent', 'departed', 'present', 'present', 'open'),
    which: fc.nat(30),
    durationMs: fc.constantFrom(0, 4_000, 11_000, 70_000),
  });
  const setting = fc.record({
    radiants: fc.integer({ min: 1, max: 9 }),
    replicationFactor: fc.constantFrom(1, 3, 5, 4),
  });
  fc.assert(
    fc.property(setting, fc.array(action, { maxLength: 30 }), (wish, actions) => {
      const seats = new Seats(founded(wish));
      for (const { kind, which, durationMs } of actions) {
        if (kind === 'open') seats.world.open(which % 5);
        else seats.world.become(radiant(which), kind);
        seats.world.joinAll();
        seats.world.pass(durationMs);
        const facts = seats.world.facts();
        const devicesOf = (radiants: readonly RadiantId[]) =>
          new Set(radiants.map((one) => seats.world.inhabitants.get(one)?.device)).size;
        const before = seats.wanted('voter');
        const quorum = before.filter((one) => isPresent(facts, one)).length >= majority(before.length);
        const isChanged = seats.pursue();
        const after = seats.wanted('voter');
        expect(after.length % 2).toBe(1);
        expect(after.length).toBeLessThanOrEqual(wish.replicationFactor);
        assert(quorum || !isChanged, 'nothing is wished for without a quorum');
        const goesOn = before.every((one) => after.includes(one) || isGone(facts, one));
        const isSpread = devicesOf(after) > devicesOf(before);
        assert(goesOn || after.length < before.length || isSpread, 'whoever has a seat and is there keeps it');
      }
    }),
    { numRuns: 300 },
  );
});

test('replica ids of the founding are those that the roster begins with', () => {
  const { bondsmith } = founded({ radiants: 9 });
  expect(bondsmith?.firstVoters.map(({ replica }) => replica)).toEqual([1, 2, 3].map(asReplicaId));
});
