/**
 * Random draws of a seed, except for faults: tabs and devices, the founding, drivers of changes, applications,
 * checkpoints.
 */
import type { AdministrationPlan } from '../drivers/administration-driver.ts';
import type { TurnoverPlan } from '../drivers/tab-turnover.ts';
import { FEW_KEYS, SPREAD_KEYS } from '../drivers/keys.ts';
import type { WorkloadOptions } from '../drivers/workload.ts';
import type { Random } from '../random.ts';
import { TIMES } from '../../wire/times.ts';
import type { Founding, WorldOptions } from '../world/world.ts';

export type Shape = Required<Pick<WorldOptions, 'hosts' | 'hostsOnDevice' | 'replicationFactor' | 'unlinked'>> &
  Pick<WorldOptions, 'clientTabs'>;

export interface ClusterPlan {
  readonly shape: Shape;
  /** Time after which a silent voter is replaced. Default: as in production. */
  readonly deadAfterMs?: number;
  readonly founding: Founding;
  readonly administration: AdministrationPlan;
  readonly turnover: TurnoverPlan;
}

const SINGLE_ORDER_SHARE = 0.55;
const HOSTS_OF_ONE_ORDER = [1, 2, 3, 3, 3, 4, 4, 5, 5, 5, 6, 7, 7] as const;
const HOSTS_OF_SEVERAL_ORDERS = [3, 4, 5, 6, 6, 7, 8, 9] as const;
const REPLICATION_FACTORS = [1, 3, 5, 7] as const;
const USUAL_REPLICATION_FACTOR = 3;
/** Times after which a silent voter is replaced. Most are short, so that voters are replaced while faults happen. */
const DEAD_AFTER_MS = [15_000, 15_000, 25_000, TIMES.membership.deadAfterMs] as const;
/**
 * Log sizes that trigger a checkpoint. With the smallest, a log is cut every few entries. With the largest, it is never
 * cut in a short run.
 */
const CHECKPOINT_LOG_BYTES = [1_000, 4_000, 16_000, 64_000, 1_000_000] as const;

export function drawClusterPlan(random: Random): ClusterPlan {
  const isSingleOrder = random.chance(SINGLE_ORDER_SHARE);
  const [members, replicationFactor] = isSingleOrder ? drawOneOrder(random) : drawSeveralOrders(random);
  const clientTabs = random.chance(0.15) ? 1 + random.integer(2) : 0;
  const shape: Shape = {
    hosts: members + clientTabs,
    clientTabs,
    replicationFactor,
    hostsOnDevice: members >= 4 && random.chance(0.2) ? 2 : 1,
    unlinked: members >= 3 && random.chance(0.15) ? [[2, 3]] : [],
  };
  return {
    shape,
    deadAfterMs: random.pick(DEAD_AFTER_MS) ?? TIMES.membership.deadAfterMs,
    founding: drawFounding(random, isSingleOrder),
    administration: drawAdministration(random, isSingleOrder),
    turnover: drawTurnover(random, members),
  };
}

function drawOneOrder(random: Random): readonly [members: number, replicationFactor: number] {
  const members = random.pick(HOSTS_OF_ONE_ORDER) ?? USUAL_REPLICATION_FACTOR;
  const possible = REPLICATION_FACTORS.filter((factor) => factor <= members);
  const largest = possible.at(-1) ?? 1;
  const usual = Math.min(USUAL_REPLICATION_FACTOR, largest);
  return [members, random.chance(0.5) ? usual : (random.pick([...possible, largest]) ?? usual)];
}

function drawSeveralOrders(random: Random): readonly [members: number, replicationFactor: number] {
  const members = random.pick(HOSTS_OF_SEVERAL_ORDERS) ?? 6;
  return [members, random.chance(0.8) ? USUAL_REPLICATION_FACTOR : (random.pick([1, 3, 5] as const) ?? 3)];
}

function drawFounding(random: Random, isSingleOrder: boolean): Founding {
  const windowMs = random.between(200, 3_000);
  if (isSingleOrder) return { windowMs, orders: 1, shards: 1 + random.integer(4) };
  const orders = random.chance(0.5) ? undefined : 1 + random.integer(3);
  return { windowMs, shards: 1 + random.integer(16), ...(orders === undefined ? {} : { orders }) };
}

function drawAdministration(random: Random, isSingleOrder: boolean): AdministrationPlan {
  const meanMs = isSingleOrder ? random.between(2_000, 12_000) : random.between(700, 6_000);
  const isActive = random.chance(isSingleOrder ? 0.5 : 0.9);
  const administrators = random.pick([1, 1, 2, 3] as const) ?? 1;
  return { meanMs: isActive ? meanMs : undefined, administrators };
}

function drawTurnover(random: Random, members: number): TurnoverPlan {
  const meanMs = random.between(5_000, 25_000);
  const lateTabs = random.chance(0.25) ? random.integer(members) : 0;
  return { meanMs: random.chance(0.7) ? meanMs : undefined, lateTabs };
}

/** @param isSingleOrder whether calls share few keys; otherwise the keys are spread over the ring */
export function drawWorkload(random: Random, isSingleOrder: boolean): WorkloadOptions {
  return {
    keys: isSingleOrder ? FEW_KEYS : SPREAD_KEYS,
    processesInTab: 2,
    pauseMs: random.between(300, 600),
    bulkBytes: random.chance(0.25) ? 100_000 : 0,
    bulkShare: 0.3,
  };
}

export function drawCheckpointLogBytes(random: Random): number {
  return random.pick(CHECKPOINT_LOG_BYTES) ?? CHECKPOINT_LOG_BYTES[0];
}
