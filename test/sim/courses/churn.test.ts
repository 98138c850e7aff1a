/** Clients write while servers come and go. Every acknowledged write must exist exactly once at the end. */
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import { type Conditions, UNRELIABLE, CALM } from '../../../src/sim/network/conditions.ts';
import { rounds } from './seeds.ts';
import { scenario } from './scenario.ts';
import { existing } from './existing.ts';
import { ELECTION_MS, type Command, type Stage } from './stage.ts';

const CLIENTS = 3;

function churn(name: string, conditions: Conditions): void {
  scenario(name, { servers: 5, conditions }, (stage) => {
    stage.open();
    const clients = Array.from({ length: CLIENTS }, () => new Client(stage));
    for (let round = 0; round < rounds(8, 20); round++) {
      const { random } = stage;
      const one = (): SimulatedHost => existing(random.pick(stage.servers));
      if (random.chance(0.2)) stage.isolate(one());
      if (random.chance(0.5)) {
        const back = one();
        back.open();
        stage.rejoin(back);
      }
      if (random.chance(0.2)) stage.kill(one());
      // An election can end in this time, but the cluster cannot settle.
      stage.world.runFor(0.7 * ELECTION_MS);
    }
    stage.rejoin(...stage.servers);
    for (const server of stage.servers) server.open();
    const before = clients.map((client) => client.written);
    const allWrite = (): boolean => clients.every((client, at) => client.written > (before[at] ?? 0));
    stage.world.runUntil(allWrite, stage.patienceMs, 'something written for every client');
    for (const client of clients) client.stop();
  });
}

/** A client that writes at one server after another, and waits a short time for each answer. */
class Client {
  readonly #stage: Stage;
  readonly #commands: Command[] = [];
  #isStopped = false;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#write();
  }

  get written(): number {
    return this.#commands.filter(({ state }) => state === 'written').length;
  }

  stop(): void {
    this.#isStopped = true;
  }

  #write(): void {
    if (this.#isStopped) return;
    const { random, servers, world } = this.#stage;
    const server = existing(random.pick(servers));
    if (server.isReady) this.#commands.push(this.#stage.command(server));
    world.timeline.after(random.between(10, 640), () => this.#write());
  }
}

churn('churn: servers are killed, cut off and brought back', CALM);
churn('churn, unreliable: the same, with loss and late answers', UNRELIABLE);

scenario(
  'unreliable agreement: four at once and one more, repeatedly',
  { servers: 5, conditions: UNRELIABLE },
  (stage) => {
    stage.open();
    for (let round = 0; round < rounds(8, 50); round++) {
      stage.commands(stage.leader(), 4);
      stage.agree(1);
    }
    stage.world.network.conditions = CALM;
    stage.agree(5);
  },
);
