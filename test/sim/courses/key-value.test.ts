import { expect } from 'vitest';
import { UNRELIABLE } from '../../../src/sim/network/conditions.ts';
import { Applications } from './applications.ts';
import { scenario } from './scenario.ts';
import { rounds } from './seeds.ts';
import { existing } from './existing.ts';

import { undergo } from './trial.ts';

scenario('speed: one call after another', { servers: 3, clientTabs: 1 }, (stage, measure) => {
  stage.open();
  const [tab] = stage.clientTabs;
  const count = rounds(100, 1_000);
  stage.written([stage.command(existing(tab))]);
  const startMs = stage.world.nowMs;
  for (let call = 0; call < count; call++) stage.written([stage.command(existing(tab))]);
  measure('virtual ms for a write', (stage.world.nowMs - startMs) / count, 33);
});

scenario('one partition: the larger part goes on, the smaller waits until it is over', { servers: 5 }, (stage) => {
  stage.open();
  stage.agree(5);
  const leader = stage.leader();
  const [companion, other] = stage.others(leader);
  stage.separate(leader, existing(companion));
  const small = [leader, existing(companion)].map((tab) => stage.command(tab));
  let reads = 0;
  stage.call(leader, 'a reader', { kind: 'get', key: 'command/1' }, (isDone) => {
    if (isDone) reads++;
  });
  stage.agree(3);
  stage.written([stage.command(existing(other))]);
  expect(small.map(({ state }) => state)).toEqual(['open', 'open']);
  expect(reads).toBe(0);

  stage.rejoin(...stage.servers);
  stage.written(small);
  expect(reads).toBe(1);
  stage.agree(5);
});

scenario('many partitions, one client', { servers: 5, clientTabs: 1 }, (stage) => {
  undergo(stage, { applications: 1, partitions: true });
});

scenario('many partitions, many clients', { servers: 5, clientTabs: 1 }, (stage) => {
  undergo(stage, { applications: 5, partitions: true });
});

scenario('unreliable, many clients', { servers: 5, clientTabs: 1, conditions: UNRELIABLE }, (stage) => {
  undergo(stage, { applications: 5 });
});

scenario('unreliable, many clients at one key', { servers: 3, clientTabs: 2, conditions: UNRELIABLE }, (stage) => {
  stage.open();
  const applications = new Applications(stage, 5, 'one');
  applications.allGo(10, 120_000);
  applications.stop();
});

scenario('restarts, one client', { servers: 5, clientTabs: 1 }, (stage) => {
  undergo(stage, { applications: 1, restarts: true });
});

scenario('restarts, many clients', { servers: 5, clientTabs: 1 }, (stage) => {
  undergo(stage, { applications: 5, restarts: true });
});

scenario('restarts, many clients, unreliable', { servers: 5, clientTabs: 1, conditions: UNRELIABLE }, (stage) => {
  undergo(stage, { applications: 5, restarts: true });
});

scenario('restarts and partitions, many clients', { servers: 5, clientTabs: 1 }, (stage) => {
  undergo(stage, { applications: 5, restarts: true, partitions: true });
});

scenario(
  'restarts and partitions, many clients, unreliable',
  { servers: 5, clientTabs: 1, conditions: UNRELIABLE },
  (stage) => {
    undergo(stage, { applications: 5, restarts: true, partitions: true });
  },
);

scenario(
  'the hardest mix: 15 clients, 7 servers, restarts, partitions, unreliable, random keys',
  { servers: 7, clientTabs: 3, conditions: UNRELIABLE },
  (stage) => {
    undergo(stage, { applications: 15, keys: 'random', restarts: true, partitions: true });
  },
);
