import { expect } from 'vitest';
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import { scenario } from './scenario.ts';
import { existing } from './existing.ts';
import { ELECTION_MS, replicaOf } from './stage.ts';

const MANY = 50;

const lengthOf = (server: SimulatedHost): number => replicaOf(server)?.lastIndex ?? 0;

scenario('basic agreement: one command after another, each with the next index', { servers: 3 }, (stage) => {
  stage.open();
  stage.agree(3);
  const leader = stage.leader();
  for (let index = stage.appliedBy(leader) + 1, last = index + 3; index <= last; index++) {
    expect(Math.max(...stage.servers.map((server) => stage.appliedBy(server)))).toBe(index - 1);
    stage.agree(3);
    expect(stage.servers.map((server) => stage.appliedBy(server))).toEqual([index, index, index]);
  }
});

scenario('follower failure: two of three go on, one does not', { servers: 3 }, (stage) => {
  stage.open();
  stage.agree(3);
  const leader = stage.leader();
  const [one, other] = stage.others(leader);
  stage.isolate(existing(one));
  stage.agree(2);
  stage.world.runFor(1_000);
  stage.agree(2);
  stage.isolate(existing(other));
  stage.nothingCommits(stage.commands(leader, 1));
});

scenario('leader failure: the others go on, and stop when the next one fails', { servers: 3 }, (stage) => {
  stage.open();
  stage.agree(3);
  stage.isolate(stage.leader());
  stage.agree(2);
  stage.world.runFor(1_000);
  stage.agree(2);
  stage.isolate(stage.leader());
  stage.nothingCommits(stage.servers.map((server) => stage.command(server)));
});

scenario('a follower that was away gets what it missed', { servers: 3 }, (stage) => {
  stage.open();
  stage.agree(3);
  const [away] = stage.others(stage.leader());
  stage.isolate(existing(away));
  for (let count = 0; count < 4; count++) stage.agree(2);
  stage.world.runFor(1_000);
  stage.agree(2);
  stage.rejoin(existing(away));
  for (let count = 0; count < 2; count++) stage.agree(3);
});

scenario('majority failure: nothing commits until it is back', { servers: 5 }, (stage) => {
  stage.open();
  stage.agree(5);
  const leader = stage.leader();
  const away = stage.others(leader).slice(0, 3);
  stage.isolate(...away);
  stage.nothingCommits(stage.commands(leader, 1));
  stage.rejoin(...away);
  stage.agree(5);
  stage.world.runFor(1_000);
  stage.agree(5);
});

scenario('concurrent starts: five at once take five places in one term', { servers: 3 }, (stage) => {
  stage.open();
  stage.agree(3);
  const leader = stage.leader();
  const before = existing(replicaOf(leader));
  stage.written(stage.commands(leader, 5));
  expect(replicaOf(leader)).toMatchObject({ term: before.term, applied: before.applied + 5 });
  stage.applied(before.applied + 5, 3);
});

scenario('rejoin: a leader that was cut off gives up what it never committed', { servers: 3 }, (stage) => {
  stage.open();
  stage.agree(3);
  const first = stage.leader();
  stage.isolate(first);
  const lost = stage.commands(first, 3);
  expect(replicaOf(first)?.lastIndex).toBe(stage.appliedBy(first) + 3);
  stage.agree(2);
  const second = stage.leader();
  stage.isolate(second);
  expect(lost.map(({ state }) => state)).not.toContain('written');
  stage.rejoin(first);
  stage.agree(2);
  stage.rejoin(second);
  stage.agree(3);
});

scenario('fast backup: long conflicting logs are reconciled in a few steps', { servers: 5 }, (stage, measure) => {
  stage.open();
  stage.agree(5);
  const first = stage.leader();
  const [companion, ...three] = stage.others(first);

  // A leader and one follower write entries that never commit.
  stage.separate(first, existing(companion));
  stage.nothingCommits(stage.commands(first, MANY), [first, existing(companion)], ELECTION_MS);
  const ahead = [companion, first].map((server) => lengthOf(existing(server)) - stage.appliedBy(existing(server)));
  expect(ahead).toEqual([MANY, MANY]);
  stage.isolate(first, existing(companion));

  // The other three servers commit as many entries. Then one of them fails, and the remaining two write entries that
  // never commit.
  stage.written(stage.commands(stage.leader(), MANY));
  const second = stage.leader();
  const [third] = three.filter((server) => server !== second);
  stage.isolate(existing(third));
  stage.nothingCommits(stage.commands(second, MANY), stage.servers, ELECTION_MS);

  // The two servers that know of the fewest commits meet the server that knows of all.
  stage.isolate(...stage.servers);
  const traffic = stage.traffic.during(() => {
    stage.rejoin(first, existing(companion), existing(third));
    stage.agree(3);
    stage.written(stage.commands(stage.leader(), MANY));
    stage.rejoin(...stage.servers);
    stage.agree(5);
  });
  measure('appends that did not fit, while four logs were brought into line', traffic.rejectedAppends, 10);
});
