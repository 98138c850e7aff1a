/** The common part of the key-value scenarios: applications, and the faults that a scenario selects. */
import { Applications, type KeyChoice } from './applications.ts';
import { rounds } from './seeds.ts';
import { ELECTION_MS, type Stage } from './stage.ts';

export interface Trial {
  readonly applications: number;
  readonly keys?: KeyChoice;
  /** Smallest size of the written values. */
  readonly valueBytes?: number;
  /** Divides the tabs into two random halves, and into other halves after a while. */
  readonly partitions?: boolean;
  /** Kills all servers at once, and reopens them. */
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

/**
 * Partitions the tabs repeatedly. Each partition lasts for the time of one election, so that some halves make progress.
 */
function divideAgainAndAgain(stage: Stage): void {
  const untilMs = stage.world.nowMs + TROUBLE_MS;
  while (stage.world.nowMs < untilMs) {
    stage.rejoin(...stage.world.hosts);
    stage.separate(...stage.world.hosts.filter(() => stage.random.chance(0.5)));
    stage.world.runFor(ELECTION_MS + stage.random.between(0, 200));
  }
  stage.rejoin(...stage.world.hosts);
}
