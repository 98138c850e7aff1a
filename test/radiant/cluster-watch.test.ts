/** The bondsmith learns of some radiants only through others. */
import { expect, test } from 'vitest';
import { canVote } from '../../src/cluster/cluster-facts.ts';
import { nextStep } from '../../src/cluster/placement.ts';
import { Changes } from '../../src/radiant/changes.ts';
import { Clock } from '../../src/radiant/clock.ts';
import { ClusterWatch } from '../../src/radiant/bondsmith/cluster-watch.ts';
import { ConfigurationHolder } from '../../src/radiant/configuration-holder.ts';
import { KnownMembers } from '../../src/radiant/neighbours/known-members.ts';
import { PresenceTracker } from '../../src/radiant/neighbours/presence-tracker.ts';
import { ClusterTopology } from '../../src/radiant/neighbours/cluster-topology.ts';
import { Peers } from '../../src/radiant/neighbours/peers.ts';
import { RetiredIdentities } from '../../src/radiant/neighbours/retired-identities.ts';
import { Writer } from '../../src/radiant/writer.ts';
import type { Presence } from '../../src/wire/frames/frame.ts';
import { asLinkId, type BootId, parseId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { CLUSTER, device, founded, order, radiant } from '../cluster/worlds.ts';

const BOOT = parseId<BootId>('b0'.repeat(16));
const MEMBERS = 6;
const RELAY = 1;
const FAR = 5;

/**
 * A bondsmith in a cluster of six radiants. It is linked with all of them but the last, which radiant 1 reports as its
 * neighbour.
 */
function bondsmith() {
  const clock = new Clock({
    nowMs: () => 0,
    random: () => 0,
    randomBytes: (length) => new Uint8Array(length),
    times: TIMES,
  });
  const peers = new Peers(clock, new Changes());
  const configuration = founded({ radiants: MEMBERS });
  const groups = new Map();
  const holder = new ConfigurationHolder(new Writer([], clock, []), configuration);
  const identity = {
    radiant: radiant(0),
    device: device(0),
    boot: BOOT,
    startCounter: 1,
    durable: true,
    clientOnly: false,
  };
  const members = new KnownMembers(identity, holder, groups, peers);
  for (let number = 1; number < FAR; number++) {
    peers.open(asLinkId(number), { radiant: radiant(number), boot: BOOT, cluster: CLUSTER });
    peers.present(radiant(number), BOOT, presenceOf(number));
  }
  const retired = new RetiredIdentities(peers);
  const topology = new ClusterTopology(identity, peers, holder, members, groups, retired);
  const presenceTracker = new PresenceTracker({
    identity,
    clock,
    peers,
    members,
    topology,
    retired,
    configuration: holder,
    replicas: groups,
  });
  const watch = new ClusterWatch({ identity, clock, peers, members, topology, presenceTracker });
  return { configuration, peers, facts: () => watch.observe(configuration) };
}

function presenceOf(number: number, durable = true): Presence {
  return {
    device: device(number),
    durable,
    founder: false,
    diskFull: false,
    clientOnly: false,
    startCounter: 1,
    configurationNumber: 1,
    configurationDigest: '',
    memberships: [],
    members: [],
    seen: [],
    neighbours: number === RELAY ? [radiant(0), radiant(FAR)] : [radiant(0)],
    retired: [],
    absences: [],
  };
}

test('a radiant behind a relay counts as present and durable until it says otherwise', () => {
  const { configuration, peers, facts } = bondsmith();
  expect(facts().radiants.get(radiant(FAR))).toMatchObject({ presence: { kind: 'present' }, durable: undefined });
  expect(nextStep(configuration, facts(), order(99))).toBeUndefined();
  peers.present(radiant(FAR), BOOT, presenceOf(FAR));
  expect(facts().radiants.get(radiant(FAR))).toMatchObject({ presence: { kind: 'present' }, durable: true });
});

test('a radiant that said that it has no durable storage no longer counts, whatever link brought the message', () => {
  const { configuration, peers, facts } = bondsmith();
  peers.present(radiant(FAR), BOOT, presenceOf(FAR, false));
  expect(facts().radiants.get(radiant(FAR))).toMatchObject({ durable: false });
  expect(nextStep(configuration, facts(), order(99))).not.toBeUndefined();
});

test('a radiant whose disk is full may not become a voter until it has room', () => {
  const { peers, facts } = bondsmith();
  peers.present(radiant(FAR), BOOT, { ...presenceOf(FAR), diskFull: true });
  expect(canVote(facts(), radiant(FAR), 0)).toBe(false);
  peers.present(radiant(FAR), BOOT, presenceOf(FAR));
  expect(canVote(facts(), radiant(FAR), 0)).toBe(true);
});
