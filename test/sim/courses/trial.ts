/** The common part of the key-value scenarios: applications, and the faults that a scenario names. */
import { Applications, type KeyChoice } from './applications.ts';
import { rounds } from './seeds.ts';
import { ELECTION_MS, type Stage } from './stage.ts';

export interface Trial {
  readonly applications: number;
  readonly keys?: KeyChoice;
  /** Least size of the written values. */
  readonly valueBytes?: number;
  /** Tabs are divided into two halves, and into other halves a moment later. */
  readonly partitions?: boolean;
  /** All servers are killed at once and come back. */
  readonly restarts?: boolean;
}

const TROUBLE_MS = 5_000;

export function undergo(
  stage: Stage,
  { applications: count, keys = 'own', valueBytes = 0, partitions, restarts }: Trial,
): void {
  stage.open();
  const applications = new Applications(stage, count, keys, valueBytes);
  for (let round = 0; round < rounds(1, 3); round++) {
    if (partitions === true) divideAgainAndAgain(stage);
    else stage.world.runFor(TROUBLE_MS);
    if (restarts === true) {
      stage.kill(...stage.servers);
      stage.world.runFor(ELECTION_MS);
      stage.reopen(...stage.servers);
    }
    applications.allGo(1, stage.patienceMs);
  }
  applications.stop();
}

/** Each partition lasts for the time of an election, so that some of the halves make progress. */
function divideAgainAndAgain(stage: Stage): void {
  const untilMs = stage.world.nowMs + TROUBLE_MS;
  while (stage.world.nowMs < untilMs) {
    stage.rejoin(...stage.world.hosts);
    stage.separate(...stage.world.hosts.filter(() => stage.random.chance(0.5)));
    stage.world.runFor(ELECTION_MS + stage.random.between(0, 200));
  }
  stage.rejoin(...stage.world.hosts);
}
