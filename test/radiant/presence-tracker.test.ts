/** A voter of the bondsmith's order counts how long radiants are absent, before and after it is elected. */
import { expect, test } from 'vitest';
import { Changes } from '../../src/radiant/changes.ts';
import { Clock } from '../../src/radiant/clock.ts';
import { ConfigurationHolder } from '../../src/radiant/configuration-holder.ts';
import { KnownMembers } from '../../src/radiant/neighbours/known-members.ts';
import { PresenceTracker } from '../../src/radiant/neighbours/presence-tracker.ts';
import { ClusterTopology } from '../../src/radiant/neighbours/cluster-topology.ts';
import { Peers } from '../../src/radiant/neighbours/peers.ts';
import { RetiredIdentities } from '../../src/radiant/neighbours/retired-identities.ts';
import { Writer } from '../../src/radiant/writer.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Absence, Presence } from '../../src/wire/frames/frame.ts';
import { asLinkId, type BootId, type OrderId, parseId } from '../../src/wire/identifiers.ts';

import { TIMES } from '../../src/wire/times.ts';
import { CLUSTER, device, founded, radiant } from '../cluster/worlds.ts';

const BOOT = parseId<BootId>('b0'.repeat(16));
const STEP_MS = TIMES.liveness.presenceMs;
/** Longest delay before an absence is noticed. A neighbour counts as present until it has been silent for this time. */
const NOTICE_MS = TIMES.liveness.neighbourSilenceMs + 2 * STEP_MS;

const OTHERS = [1, 2, 3, 4];

/** The first of five radiants. It is one of the three voters of the bondsmith's order. */
class Voter {
  readonly #clock: Clock;
  readonly #peers: Peers;
  readonly #presenceTracker: PresenceTracker;
  readonly #speaking = new Map<number, readonly Absence[]>();
  #nowMs = 0;

  constructor() {
    this.#clock = new Clock({
      nowMs: () => this.#nowMs,
      random: () => 0,
      randomBytes: (length) => new Uint8Array(length),
      times: TIMES,
    });
    this.#peers = new Peers(this.#clock, new Changes());
    const configuration = founded({ radiants: 5 });
    const holder = new ConfigurationHolder(new Writer([], this.#clock, []), configuration);
    const names = { radiant: radiant(0), device: device(0), boot: BOOT };
    const identity = { ...names, startCounter: 1, durable: true, clientOnly: false };
    const members = new KnownMembers(identity, holder, new Map(), this.#peers);
    const retired = new RetiredIdentities(this.#peers);
    const topology = new ClusterTopology(identity, this.#peers, holder, members, new Map(), retired);
    const { bondsmith } = configuration;
    assert(bondsmith !== undefined, 'a configuration is known');
    const replicas = new Set<OrderId>([bondsmith.id]);
    const [clock, peers] = [this.#clock, this.#peers];
    const rest = { configuration: holder, replicas };
    this.#presenceTracker = new PresenceTracker({ identity, clock, peers, members, topology, retired, ...rest });
    const seated = new Set(bondsmith.firstVoters.map((voter) => voter.radiant));
    this.otherVoters = OTHERS.filter((number) => seated.has(radiant(number)));
  }

  /** The numbers of the other two voters of the bondsmith's order. */
  readonly otherVoters: readonly number[];

  /** Lets this voter hear the radiant from now on. The radiant reports the given absences. */
  hear(number: number, absences: readonly Absence[] = []): void {
    if (!this.#speaking.has(number)) {
      this.#peers.open(asLinkId(number), { radiant: radiant(number), boot: BOOT, cluster: CLUSTER });
    }
    this.#speaking.set(number, absences);
    this.#present(number, absences);
  }

  silence(...numbers: readonly number[]): void {
    for (const number of numbers) this.#speaking.delete(number);
  }

  pass(durationMs: number): void {
    for (let passedMs = 0; passedMs < durationMs; passedMs += STEP_MS) {
      this.#nowMs += STEP_MS;
      if (this.#clock.advance(true).isGap) throw new Error('a step is no gap');
      for (const [number, absences] of this.#speaking) this.#present(number, absences);
      this.#peers.sweep();
      this.#presenceTracker.tick();
    }
  }

  standStill(durationMs: number): void {
    this.#nowMs += durationMs;
    expect(this.#clock.advance(true).isGap).toBe(true);
    this.#peers.onClockGap();
    this.#presenceTracker.restart();
  }

  get isRestarting(): boolean {
    return this.#presenceTracker.isRestarting;
  }

  absentMs(number: number): number | undefined {
    const { kind, forMs } = this.#presenceTracker.presenceOf(radiant(number));
    return kind === 'present' ? undefined : forMs;
  }

  told(): readonly Absence[] {
    return this.#presenceTracker.absences();
  }

  #present(number: number, absences: readonly Absence[]): void {
    const link = this.#peers.link(asLinkId(number));
    assert(link !== undefined, 'a radiant is heard over its link');
    this.#peers.heard(link, radiant(number), BOOT);
    this.#peers.present(radiant(number), BOOT, presenceOf(number, absences));
  }
}

function presenceOf(number: number, absences: readonly Absence[]): Presence {
  return {
    device: device(number),
    durable: true,
    founder: false,
    diskFull: false,
    clientOnly: false,
    startCounter: 1,
    configurationNumber: 1,
    configurationDigest: '',
    memberships: [],
    members: [],
    seen: [],
    neighbours: [radiant(0)],
    retired: [],
    absences,
  };
}

/** A voter that heard all five radiants. Radiant `number` has fallen silent since. */
function voterWhoMisses(number: number): Voter {
  const voter = new Voter();
  for (const other of OTHERS) voter.hear(other);
  voter.pass(5_000);
  voter.silence(number);
  return voter;
}

test('a voter of the bondsmith’s order counts an absence without being the bondsmith, and reports it', () => {
  const voter = voterWhoMisses(4);
  voter.pass(40_000);
  expect(voter.absentMs(4)).toBeGreaterThanOrEqual(40_000 - NOTICE_MS);
  expect(voter.told()).toEqual([{ radiant: radiant(4), forMs: voter.absentMs(4) }]);
  voter.silence(4);
  voter.hear(4);
  voter.pass(STEP_MS);
  expect(voter.told()).toEqual([]);
});

test('a radiant that has just started takes over what its neighbours observed', () => {
  const voter = new Voter();
  voter.pass(STEP_MS);
  for (const other of [1, 2, 3]) voter.hear(other);
  voter.pass(2_000);
  expect(voter.absentMs(4)).toBeLessThan(5_000);
  voter.hear(2, [{ radiant: radiant(4), forMs: 45_000 }]);
  voter.pass(STEP_MS);
  expect(voter.absentMs(4)).toBeGreaterThanOrEqual(45_000);
  // The reporting neighbour falls silent, but its report still counts.
  voter.silence(2);
  voter.pass(10_000);
  expect(voter.absentMs(4)).toBeGreaterThanOrEqual(55_000);
});

test("a neighbour's report of an absence does not count if this radiant heard the absent one later", () => {
  const voter = voterWhoMisses(4);
  voter.hear(2, [{ radiant: radiant(4), forMs: 50_000 }]);
  voter.pass(10_000);
  expect(voter.absentMs(4)).toBeLessThanOrEqual(10_000);
});

test("while a radiant hears no quorum of the bondsmith's order, counted absences do not grow", () => {
  const voter = voterWhoMisses(4);
  const [absent] = OTHERS.filter((number) => number !== 4 && !voter.otherVoters.includes(number));
  assert(absent !== undefined && voter.otherVoters.length === 2, 'three of five have a seat');
  voter.pass(20_000);
  const beforeMs = voter.absentMs(4) ?? 0;
  voter.silence(...OTHERS);
  voter.pass(100_000);
  expect(voter.absentMs(absent)).toBeLessThanOrEqual(STEP_MS);
  expect((voter.absentMs(4) ?? 0) - beforeMs).toBeLessThanOrEqual(NOTICE_MS);
  for (const other of voter.otherVoters) voter.hear(other);
  voter.pass(20_000);
  expect(voter.absentMs(absent)).toBeLessThanOrEqual(20_000);
  expect(voter.absentMs(absent)).toBeGreaterThanOrEqual(19_000);
  expect(voter.absentMs(4)).toBeGreaterThanOrEqual(beforeMs + 19_000);
});

test('a gap in local time voids counted absences and the earlier reports of neighbours', () => {
  const voter = voterWhoMisses(4);
  voter.hear(2, [{ radiant: radiant(4), forMs: 50_000 }]);
  voter.pass(40_000);
  voter.standStill(70_000);
  expect(voter.absentMs(4)).toBe(0);
  // The report arrived while this radiant was frozen, so it is as old as the gap.
  voter.hear(2, [{ radiant: radiant(4), forMs: 50_000 }]);
  expect(voter.absentMs(4)).toBe(0);
  expect(voter.isRestarting).toBe(true);
  voter.hear(2);
  voter.pass(TIMES.liveness.gapQuietMs);
  expect(voter.isRestarting).toBe(false);
  expect(voter.absentMs(4)).toBeLessThanOrEqual(TIMES.liveness.gapQuietMs);
});
