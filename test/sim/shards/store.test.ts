/** A store with several orders loses no write and applies none twice while shards move. */
import { expect } from 'vitest';
import { UNRELIABLE } from '../../../src/sim/network/conditions.ts';
import { Applications, type KeyChoice } from '../courses/applications.ts';
import { existing } from '../courses/existing.ts';
import { rounds } from '../courses/seeds.ts';
import { scenario } from './shard-scenario.ts';
import { type ShardStage, slotOf } from './shard-stage.ts';

const SHORT_LOGS = { checkpointLogBytes: 1_000 };

/** Appends unique values to keys in all parts of the ring, and remembers them. */
class Ledger {
  readonly #stage: ShardStage;
  readonly #values = new Map<string, string>();
  #last = 0;

  constructor(stage: ShardStage, keys: number) {
    this.#stage = stage;
    for (let number = 0; number < keys; number++) this.#values.set(`ledger/${number}`, '');
    this.append();
  }

  append(): void {
    for (const [key, before] of this.#values) {
      const value = `${++this.#last}.`;
      this.#stage.must({ kind: 'append', key, value });
      this.#values.set(key, before + value);
    }
  }

  check(): void {
    for (const [key, value] of this.#values) {
      expect(this.#stage.must({ kind: 'get', key })).toEqual({ kind: 'value', value });
    }
  }
}

/** Moves random shards between orders, one after another. */
function moveAround(stage: ShardStage, count: number, pauseMs: number): void {
  for (let number = 0; number < count; number++) {
    const shards = stage.orders.flatMap((order) => order.shards);
    const slot = existing(stage.random.pick(shards)).first;
    const to = existing(stage.random.pick(stage.orders)).id;
    stage.askBondsmith({ kind: 'move', slot, to });
    stage.world.runFor(stage.random.between(0, 2 * pauseMs));
  }
}

scenario('static shards: an order that is down takes its shards with it, and no others', { orders: 2 }, (stage) => {
  stage.open();
  const ledger = new Ledger(stage, 10);
  ledger.check();
  const [down, up] = stage.orders.map((order) => ({ tabs: stage.tabsOf(order.id), key: stage.keyOf(order) }));
  for (const tab of existing(down).tabs) tab.kill();
  expect(stage.isServed(existing(up).key)).toBe(true);
  expect(stage.isServed(existing(down).key)).toBe(false);
  for (const tab of existing(down).tabs) tab.open();
  ledger.check();
  ledger.append();
  ledger.check();
});

scenario('join and leave: all data goes along', { orders: 1, spares: 3 }, (stage) => {
  stage.open();
  const ledger = new Ledger(stage, 10);
  stage.grow(2, ...stage.spares);
  ledger.check();
  ledger.append();
  stage.leave(...stage.servers);
  stage.settle(1);
  ledger.check();
  ledger.append();
  for (const tab of stage.servers) tab.open();
  stage.settle(2);
  ledger.check();
});

scenario('snapshots: moves and restarts with short logs', { orders: 2, spares: 3, ...SHORT_LOGS }, (stage) => {
  stage.open();
  const ledger = new Ledger(stage, 12);
  stage.grow(3, ...stage.spares);
  for (let round = 0; round < rounds(2, 4); round++) {
    moveAround(stage, 3, 200);
    ledger.append();
    const tabs = [...stage.servers, ...stage.spares];
    for (const tab of tabs) tab.kill();
    stage.world.runFor(500);
    for (const tab of tabs) tab.open();
    ledger.check();
  }
  expect(stage.disks.checkpoints).toBeGreaterThan(0);
});

scenario('a server that missed many changes votes again', { orders: 3, ...SHORT_LOGS }, (stage) => {
  stage.open();
  const ledger = new Ledger(stage, 12);
  const order = existing(stage.orders.find(({ id }) => !stage.tabsOf(id).includes(stage.bondsmithsTab())));
  const [away, other] = stage.tabsOf(order.id);
  existing(away).kill();
  for (let round = 0; round < rounds(4, 8); round++) {
    moveAround(stage, 2, 300);
    ledger.append();
  }
  existing(away).open();
  stage.until(() => existing(away).isReady, 'its return');
  // After this kill, every majority of the order includes the server that was down before.
  existing(other).kill();
  ledger.check();
  ledger.append();
  existing(other).open();
  ledger.check();
});

function concurrently(stage: ShardStage, applications: number, keys: KeyChoice): void {
  stage.open();
  const running = new Applications(stage, applications, keys);
  for (let round = 0; round < rounds(2, 5); round++) {
    moveAround(stage, 4, 400);
    running.allGo(1, stage.patienceMs);
  }
  running.stop();
}

scenario('concurrent clients through moves', { orders: 3, clientTabs: 2, onlyInFullRun: true }, (stage) => {
  concurrently(stage, 8, 'own');
});

scenario(
  'concurrent clients at random keys through moves',
  { orders: 3, clientTabs: 2, ...SHORT_LOGS, onlyInFullRun: true },
  (stage) => {
    concurrently(stage, 8, 'random');
  },
);

scenario(
  'concurrent clients through moves, unreliable',
  { orders: 3, clientTabs: 2, conditions: UNRELIABLE, onlyInFullRun: true },
  (stage) => {
    concurrently(stage, 5, 'own');
  },
);

scenario(
  'concurrent clients at random keys through moves, unreliable',
  { orders: 3, clientTabs: 2, conditions: UNRELIABLE, ...SHORT_LOGS },
  (stage) => {
    concurrently(stage, 5, 'random');
  },
);

scenario(
  'concurrent clients while orders come and go',
  { orders: 1, spares: 6, clientTabs: 2, onlyInFullRun: true },
  (stage) => {
    stage.open();
    const applications = new Applications(stage, 6, 'own');
    stage.grow(2, ...stage.spares.slice(0, 3));
    stage.grow(3, ...stage.spares.slice(3));
    applications.allGo(1, stage.patienceMs);
    stage.leave(...stage.spares.slice(0, 3));
    stage.settle(2);
    applications.allGo(1, stage.patienceMs);
    applications.stop();
  },
);

scenario('moves while tabs are killed and come back', { orders: 3, clientTabs: 2, ...SHORT_LOGS }, (stage) => {
  stage.open();
  const applications = new Applications({ ...sceneOf(stage), servers: [] }, 6, 'own');
  for (let round = 0; round < rounds(3, 8); round++) {
    const victim = existing(stage.random.pick(stage.servers));
    moveAround(stage, 2, 200);
    victim.kill();
    moveAround(stage, 1, 200);
    stage.world.runFor(stage.random.between(100, 2_000));
    victim.open();
    stage.until(() => victim.isReady, 'its return');
  }
  applications.allGo(1, stage.patienceMs);
  applications.stop();
});

/** A scene in which clients run only in their own tabs, because the tabs of servers are killed. */
function sceneOf(stage: ShardStage): ConstructorParameters<typeof Applications>[0] {
  const { world, random, clientTabs, servers } = stage;
  return { world, random, clientTabs, servers, call: (...call) => stage.call(...call) };
}

scenario('fracture and consolidate: a shard is cut and put together again', { orders: 2, shards: 4 }, (stage) => {
  stage.open();
  const ledger = new Ledger(stage, 10);
  const shard = existing(existing(stage.orders[0]).shards[0]);
  const cut = slotOf(existing(stage.keysIn({ first: shard.first, last: shard.last }, 5).at(-1)));
  stage.administer({ kind: 'fracture', slot: cut });
  ledger.append();
  stage.administer({ kind: 'move', slot: cut, to: existing(stage.orders[1]).id });
  stage.arrived(cut);
  ledger.append();
  stage.administer({ kind: 'move', slot: cut, to: existing(stage.orders[0]).id });
  stage.arrived(cut);
  stage.administer({ kind: 'consolidate', slot: cut });
  ledger.append();
  stage.settle(2);
  ledger.check();
  expect(stage.ownerOf(cut).shards.some(({ first }) => first === cut)).toBe(false);
});
