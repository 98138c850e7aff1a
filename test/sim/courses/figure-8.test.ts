/** Repeats figure 8 of the Raft paper: leaders write entries, and fail before they commit them. */
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import { UNRELIABLE } from '../../../src/sim/network/conditions.ts';
import { rounds } from './seeds.ts';
import { scenario } from './scenario.ts';
import { ELECTION_MS, type Stage } from './stage.ts';

const MAJORITY = 3;
/**
 * Size of a written value. Two values do not fit into one message, so a follower can have an old entry without an entry
 * of the current term.
 */
const VALUE_BYTES = 150_000;

function write(stage: Stage, leader: SimulatedHost): void {
  for (let count = 0, last = stage.random.integer(3); count <= last; count++) stage.command(leader, VALUE_BYTES);
}

/**
 * The time after which the leader fails. In most cases one or two messages are sent in that time. Sometimes it is
 * enough for a commit.
 */
function fallsAfterMs({ random }: Stage): number {
  return random.chance(0.1) ? random.between(0, ELECTION_MS / 2) : random.between(0, 13);
}

scenario('figure 8: leaders are killed as soon as they have written', { servers: 5 }, (stage) => {
  stage.open();
  for (let round = 0; round < rounds(15, 60); round++) {
    const leader = stage.leader();
    write(stage, leader);
    stage.world.runFor(fallsAfterMs(stage));
    stage.kill(leader);
    const killed = stage.servers.filter((server) => !server.isOpen);
    const open = stage.servers.length - killed.length;
    const back = stage.random.shuffled(killed).slice(0, Math.max(0, MAJORITY - open));
    stage.reopen(...back);
  }
});

scenario(
  'figure 8, unreliable: leaders are cut off, and late answers come from earlier terms',
  { servers: 5, conditions: UNRELIABLE },
  (stage) => {
    stage.open();
    for (let round = 0; round < rounds(15, 60); round++) {
      const leader = stage.leaderWithin(3 * ELECTION_MS);
      if (leader !== undefined) {
        write(stage, leader);
        stage.world.runFor(fallsAfterMs(stage));
        if (stage.random.chance(0.7)) stage.isolate(leader);
      }
      // Without a leader, the present servers may be too few to elect one. One more server then returns.
      const enough = leader === undefined ? stage.present.length + 1 : MAJORITY;
      const away = stage.servers.filter((server) => !stage.present.includes(server));
      stage.rejoin(...stage.random.shuffled(away).slice(0, Math.max(0, enough - stage.present.length)));
    }
  },
);
