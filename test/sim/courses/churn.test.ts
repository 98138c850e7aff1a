/** Clients write all the time while servers come and go; what was acknowledged must be there in the end, once. */
import type { SimulatedHost } from '../../../src/sim/host.ts';
import { type Conditions, UNRELIABLE, CALM } from '../../../src/sim/network.ts';
import { rounds } from './seeds.ts';
import { scenario } from './scenario.ts';
import { ELECTION_MS, existing, type Command, type Stage } from './stage.ts';

const CLIENTS = 3;

function churn(name: string, conditions: Conditions): void {
  scenario(name, { servers: 5, conditions }, (stage, measure) => {
    stage.open();
    const written = keepWriting(stage);
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
      // Long enough for an election now and then, too short for everything to settle.
      stage.world.runFor(0.7 * ELECTION_MS);
    }
    const inTime = written();
    measure('clients that got nothing written', inTime.filter((count) => count === 0).length, 0);
  });
}

/** Each client writes at one server after another, and waits a little for an answer. */
function keepWriting(stage: Stage): () => readonly number[] {
  const commands: Command[][] = Array.from({ length: CLIENTS }, () => []);
  let isOver = false;
  const write = (client: number): void => {
    if (isOver) return;
    const server = existing(stage.random.pick(stage.servers));
    if (server.isReady) commands[client]?.push(stage.command(server));
    stage.world.timeline.after(stage.random.between(10, 640), () => write(client));
  };
  for (let client = 0; client < CLIENTS; client++) write(client);
  return () => {
    isOver = true;
    return commands.map((own) => own.filter(({ state }) => state === 'written').length);
  };
}

churn('churn: servers are killed, cut off and brought back', CALM);
churn('churn, unreliable: the same, with loss and late answers', UNRELIABLE);

scenario(
  'unreliable agreement: four at once and one more, again and again',
  { servers: 5, conditions: UNRELIABLE },
  (stage) => {
    stage.open();
    for (let round = 0; round < rounds(8, 50); round++) {
      stage.commands(stage.leader(stage.present, 60_000), 4);
      stage.agree(1);
    }
    stage.world.network.conditions = CALM;
    stage.agree(5);
  },
);
