import { expect } from 'vitest';
import type { SimulatedHost } from '../../../src/sim/host.ts';
import { scenario } from './scenario.ts';
import { ELECTION_MS, existing, replicaOf } from './stage.ts';

const MANY = 50;

const lengthOf = (server: SimulatedHost): number => replicaOf(server)?.lastIndex ?? 0;

scenario('fast backup: long conflicting logs are reconciled in a few steps', { servers: 5 }, (stage, measure) => {
  stage.open();
  stage.agree(5);
  const first = stage.leader();
  const [companion, ...three] = stage.others(first);

  // A leader and its companion write what never commits.
  stage.separate(first, existing(companion));
  stage.nothingCommits(stage.commands(first, MANY), [first, existing(companion)], ELECTION_MS);
  const ahead = [companion, first].map((server) => lengthOf(existing(server)) - stage.appliedBy(existing(server)));
  expect(ahead).toEqual([MANY, MANY]);
  stage.isolate(first, existing(companion));

  // The other three commit as much, then one of them falls away, and the two that are left write what never commits.
  stage.written(stage.commands(stage.leader(), MANY));
  const second = stage.leader();
  const [third] = three.filter((server) => server !== second);
  stage.isolate(existing(third));
  stage.nothingCommits(stage.commands(second, MANY), stage.servers, ELECTION_MS);

  // Those who know least of what is committed come together with the one who knows it.
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
