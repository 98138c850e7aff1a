/** What a seed draws of its world, beside the faults: tabs and devices, applications, when states are written down. */
import type { FoundingOptions } from '../../radiant/contract.ts';
import type { AdministrationPlan } from '../drivers/administration-driver.ts';
import type { MembershipPlan } from '../drivers/membership-driver.ts';
import type { Random } from '../random.ts';
import type { WorkloadOptions } from '../drivers/workload.ts';
import type { WorldOptions } from '../world/world.ts';

export type Shape = Required<Pick<WorldOptions, 'hosts' | 'hostsOnDevice' | 'replicationFactor' | 'unlinked'>> &
  Pick<WorldOptions, 'clientTabs'>;

/** A world with a bondsmith. */
export interface Governance {
  readonly shape: Shape;
  readonly founding: FoundingOptions;
  readonly administration: AdministrationPlan;
}

const HOSTS = [1, 2, 3, 3, 3, 4, 4, 5, 5, 5, 6, 7] as const;
const VOTERS = [1, 3, 5, 7] as const;
const USUAL_VOTERS = 3;
/** So small that a log is cut every few entries; and so large that it never is in a short run. */
const CHECKPOINT_LOG_BYTES = [1_000, 4_000, 16_000, 64_000, 1_000_000] as const;

/** How many tabs there are, how they lie on devices, and whether all of them can reach each other. */
export function drawShape(random: Random): Shape {
  const hosts = random.pick(HOSTS) ?? USUAL_VOTERS;
  const possible = VOTERS.filter((voters) => voters <= hosts);
  const usual = Math.min(USUAL_VOTERS, possible.at(-1) ?? 1);
  const replicationFactor = random.chance(0.6) ? usual : (random.pick(possible) ?? usual);
  const hostsOnDevice = hosts >= 4 && random.chance(0.2) ? 2 : 1;
  const unlinked: Shape['unlinked'] = hosts >= 3 && random.chance(0.15) ? [[2, 3]] : [];
  return { hosts, hostsOnDevice, replicationFactor, unlinked };
}

/** Of the seeds. */
const GOVERNED_SHARE = 0.4;
const GOVERNED_HOSTS = [3, 4, 5, 6, 6, 7, 8, 9] as const;

/** Undefined: nobody decides in this world. */
export function drawGovernance(random: Random): Governance | undefined {
  return random.chance(GOVERNED_SHARE) ? governance(random) : undefined;
}

export function governance(random: Random): Governance {
  const hosts = random.pick(GOVERNED_HOSTS) ?? 6;
  const replicationFactor = random.chance(0.8) ? 3 : (random.pick([1, 3, 5] as const) ?? 3);
  const hostsOnDevice = random.chance(0.2) ? 2 : 1;
  const orders = random.chance(0.5) ? undefined : 1 + random.integer(3);
  const founding: FoundingOptions = {
    governed: true,
    windowMs: random.between(200, 3_000),
    shards: 1 + random.integer(16),
    ...(orders === undefined ? {} : { orders }),
  };
  const meanMs = random.between(700, 6_000);
  const own = random.fork('further');
  const clientTabs = own.chance(0.25) ? 1 + own.integer(2) : 0;
  const unlinked: Shape['unlinked'] = hosts >= 4 && own.chance(0.15) ? [[2, 3]] : [];
  const shape = { hosts: hosts + clientTabs, clientTabs, replicationFactor, hostsOnDevice, unlinked };
  const administrators = own.pick([1, 1, 2, 3] as const) ?? 1;
  return { shape, founding, administration: { meanMs: random.chance(0.9) ? meanMs : undefined, administrators } };
}

export function drawWorkload(random: Random): WorkloadOptions {
  return {
    processesInTab: 2,
    pauseMs: random.between(300, 600),
    bulkBytes: random.chance(0.25) ? 100_000 : 0,
    bulkShare: 0.3,
  };
}

export function drawCheckpointLogBytes(random: Random): number {
  return random.pick(CHECKPOINT_LOG_BYTES) ?? CHECKPOINT_LOG_BYTES[0];
}

export function drawMembershipPlan(random: Random): MembershipPlan {
  const meanMs = random.between(1_500, 15_000);
  return { meanMs: random.chance(0.8) ? meanMs : undefined, mostVoters: random.pick([3, 5, 7, 7] as const) ?? 7 };
}
