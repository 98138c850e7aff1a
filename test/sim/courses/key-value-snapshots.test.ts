/** The key-value scenarios with a small limit for logs, so that logs are cut constantly. */
import { expect } from 'vitest';
import { UNRELIABLE } from '../../../src/sim/network/conditions.ts';
import { type Measure, scenario } from './scenario.ts';
import { rounds } from './seeds.ts';
import { existing } from './existing.ts';
import type { Stage } from './stage.ts';
import { type Trial, undergo } from './trial.ts';

const THRESHOLD_BYTES = 1_000;
const KEPT_SHORT = { servers: 5, clientTabs: 1, checkpointLogBytes: THRESHOLD_BYTES };

/**
 * Checks the size of the longest log. A replica makes the next checkpoint once its log exceeds the threshold or half of
 * its latest checkpoint.
 */
function limitLog({ disks }: Stage, measure: Measure): void {
  const threshold = Math.max(THRESHOLD_BYTES, disks.largestCheckpointBytes / 2);
  measure('bytes of the longest log on a disk', disks.largestLogBytes, 8 * threshold);
  expect(disks.checkpoints).toBeGreaterThan(0);
}

function undergoWithShortLogs(stage: Stage, trial: Trial, measure: Measure): void {
  // Values of this size make a checkpoint due after a few writes, even if the trial makes little progress.
  undergo(stage, { valueBytes: 200, ...trial });
  limitLog(stage, measure);
}

/** Most bytes in a checkpoint of a change of a short key whose value is short or still current. */
const CHANGE_BYTES = 48;

scenario(
  'an absent server votes with the state of a snapshot',
  { servers: 3, commandKeys: 10, checkpointLogBytes: THRESHOLD_BYTES },
  (stage, measure) => {
    stage.open();
    stage.agree(3);
    const leader = stage.leader();
    const [away, other] = [stage.after(leader, 1), stage.after(leader, 2)];
    stage.isolate(away);
    for (let count = 0; count < 50; count++) stage.agree(2);
    stage.isolate(other);
    const { snapshotChunks } = stage.traffic.during(() => {
      stage.rejoin(away);
      for (let count = 0; count < 10; count++) stage.agree(2);
    });
    expect(snapshotChunks).toBeGreaterThan(0);
    stage.rejoin(other);
    stage.agree(3);
    limitLog(stage, measure);
  },
);

scenario(
  'a small state makes a small snapshot',
  { servers: 3, clientTabs: 1, checkpointLogBytes: THRESHOLD_BYTES },
  (stage, measure) => {
    stage.open();
    const [tab] = stage.clientTabs;
    const count = rounds(100, 200);
    for (let round = 0; round < count; round++) {
      for (const value of ['0', '1']) {
        let answers = 0;
        const done = (): void => {
          answers++;
        };
        stage.call(existing(tab), 'a client', { kind: 'put', key: 'x', value }, done);
        stage.call(existing(tab), 'a client', { kind: 'get', key: 'x' }, done);
        stage.world.runUntil(() => answers === 2, 5_000);
      }
    }
    measure('bytes of the longest log on a disk', stage.disks.largestLogBytes, 8 * THRESHOLD_BYTES);
    // The state has one small value, and each change of it for watchers (design, rule 17).
    measure('bytes of the largest checkpoint', stage.disks.largestCheckpointBytes, 500 + 2 * count * CHANGE_BYTES);
    expect(stage.disks.checkpoints).toBeGreaterThan(0);
  },
);

scenario('snapshots and restarts, many clients', KEPT_SHORT, (stage, measure) => {
  undergoWithShortLogs(stage, { applications: rounds(10, 20), restarts: true }, measure);
});

scenario('snapshots, unreliable', { ...KEPT_SHORT, conditions: UNRELIABLE }, (stage, measure) => {
  undergoWithShortLogs(stage, { applications: 5 }, measure);
});

scenario('snapshots and restarts, unreliable', { ...KEPT_SHORT, conditions: UNRELIABLE }, (stage, measure) => {
  undergoWithShortLogs(stage, { applications: 5, restarts: true }, measure);
});

scenario(
  'snapshots, restarts and partitions, unreliable',
  { ...KEPT_SHORT, conditions: UNRELIABLE },
  (stage, measure) => {
    undergoWithShortLogs(stage, { applications: 5, restarts: true, partitions: true }, measure);
  },
);

scenario(
  'the hardest mix: 15 clients, 7 servers, snapshots, restarts, partitions, unreliable, random keys',
  { servers: 7, clientTabs: 3, checkpointLogBytes: THRESHOLD_BYTES, conditions: UNRELIABLE },
  (stage, measure) => {
    undergoWithShortLogs(stage, { applications: 15, keys: 'random', restarts: true, partitions: true }, measure);
  },
);
