/** Logs are cut constantly, so an absent server gets a snapshot instead of the deleted entries. */
import { expect } from 'vitest';
import { type Conditions, UNRELIABLE } from '../../../src/sim/network/conditions.ts';
import { type Measure, scenario } from './scenario.ts';
import { rounds } from './seeds.ts';
import { type Stage, type StageOptions } from './stage.ts';

const THRESHOLD_BYTES = 1_000;
const VALUE_BYTES = 100;
const SMALL: StageOptions = { servers: 3, commandKeys: 10, checkpointLogBytes: THRESHOLD_BYTES };

/** Writes more entries than a leader keeps for followers that are slightly behind. */
function writeMuch(stage: Stage): void {
  const commands = 30 + stage.random.integer(20);
  for (let count = 0; count < commands; count++) stage.agree(2, VALUE_BYTES);
}

function limitLog(stage: Stage, measure: Measure): void {
  measure('bytes of the longest log on a disk', stage.disks.largestLogBytes, 8 * THRESHOLD_BYTES);
}

function snapshots(name: string, away: 'nobody' | 'isolated' | 'killed', conditions?: Conditions): void {
  const options = conditions === undefined ? SMALL : { ...SMALL, conditions };
  scenario(name, options, (stage, measure) => {
    stage.open();
    stage.agree(3);
    const { snapshotChunks } = stage.traffic.during(() => {
      for (let round = 0; round < rounds(3, 30); round++) {
        const leader = stage.leader();
        const victim = round % 3 === 1 ? leader : stage.after(leader, 1);
        if (away === 'isolated') stage.isolate(victim);
        else if (away === 'killed') stage.kill(victim);
        writeMuch(stage);
        if (away === 'isolated') stage.rejoin(victim);
        else if (away === 'killed') stage.reopen(victim);
        stage.agree(3);
      }
    });
    limitLog(stage, measure);
    expect(stage.disks.checkpoints).toBeGreaterThan(0);
    if (away !== 'nobody') expect(snapshotChunks).toBeGreaterThan(0);
  });
}

snapshots('snapshots, basic: logs are cut while nothing fails', 'nobody');
snapshots('snapshots, install: one is cut off for so long that the log is gone', 'isolated');
snapshots('snapshots, install with loss', 'isolated', UNRELIABLE);
snapshots('snapshots, install after a crash', 'killed');
snapshots('snapshots, install after a crash, with loss', 'killed', UNRELIABLE);

scenario('snapshots, all crash: what was applied is applied again, from snapshot and log', SMALL, (stage, measure) => {
  stage.open();
  stage.agree(3);
  for (let round = 0; round < rounds(2, 5); round++) {
    writeMuch(stage);
    stage.agree(3);
    const applied = Math.min(...stage.servers.map((server) => stage.appliedBy(server)));
    // The servers crash twice, because a restart must leave a state that another restart can use.
    for (let crash = 0; crash < 2; crash++) {
      stage.kill(...stage.servers);
      stage.reopen(...stage.servers);
    }
    stage.agree(3);
    expect(Math.min(...stage.servers.map((server) => stage.appliedBy(server)))).toBeGreaterThan(applied);
  }
  limitLog(stage, measure);
  expect(stage.disks.checkpoints).toBeGreaterThan(0);
});
