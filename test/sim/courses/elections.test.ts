import { expect } from 'vitest';
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import { rounds } from './seeds.ts';
import { scenario } from './scenario.ts';
import { existing } from './existing.ts';
import { ELECTION_MS, replicaOf, type Stage } from './stage.ts';

scenario('initial election: one leads, and its term lasts while nothing fails', { servers: 3 }, (stage) => {
  stage.open();
  const leader = stage.leader();
  const terms = () => stage.servers.map((server) => replicaOf(server)?.term);
  stage.world.runFor(ELECTION_MS);
  const [first] = terms();
  expect(first).toBeGreaterThanOrEqual(1);
  stage.world.runFor(20_000);
  expect(terms()).toEqual(stage.servers.map(() => first));
  expect(stage.leader()).toBe(leader);
});

scenario('re-election: a majority always finds a leader, a minority never has one', { servers: 3 }, (stage) => {
  stage.open();
  const first = stage.leader();
  stage.isolate(first);
  const second = stage.leader();
  expect(second).not.toBe(first);
  // An isolated server can stand for election several times in this time.
  stage.world.runFor(4 * ELECTION_MS);
  comesBackQuietly(stage, first);

  const [third] = stage.others(second);
  stage.isolate(second, existing(third));
  stage.nobodyLeads(stage.servers, 2 * ELECTION_MS);

  stage.rejoin(existing(third));
  expect(stage.leader()).not.toBe(second);
  comesBackQuietly(stage, second);
});

/** Checks that a returning server does not disturb the others: the term stays the same. */
function comesBackQuietly(stage: Stage, server: SimulatedHost): void {
  const term = (): number | undefined => replicaOf(stage.leader())?.term;
  const before = term();
  stage.rejoin(server);
  stage.agree(3);
  expect(term()).toBe(before);
}

scenario('many elections: four of seven always find a leader', { servers: 7 }, (stage) => {
  stage.open();
  stage.leader();
  for (let round = 0; round < rounds(4, 10); round++) {
    const away = stage.random.shuffled(stage.servers).slice(0, 3);
    stage.isolate(...away);
    stage.leader();
    stage.agree(4);
    stage.rejoin(...away);
    stage.leader();
  }
});
