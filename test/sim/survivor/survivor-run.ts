/**
 * Runs a sole voter with its companion under faults, until the voter's tab and disk are lost for good. The companion's
 * disk is then the only copy. It must hold every acknowledged write.
 */
import { firstRoster } from '../../../src/cluster/roster.ts';
import { findReplica } from '../../../src/radiant/replica/replica-records.ts';
import { OrderState } from '../../../src/radiant/replica/order-state.ts';
import { checkAppended } from '../../../src/sim/checkers/acknowledged-writes.ts';
import { CALM } from '../../../src/sim/network/conditions.ts';
import { FaultInjector } from '../../../src/sim/faults/fault-injector.ts';
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import { checkLinearizability } from '../../../src/sim/linearizability/check.ts';
import type { History } from '../../../src/sim/linearizability/history.ts';
import {
  type KeyValueInput,
  type KeyValueOutput,
  keyValueModel,
} from '../../../src/sim/linearizability/key-value-model.ts';
import { Random } from '../../../src/sim/random.ts';
import { Remembering } from '../../../src/sim/faults/remembering.ts';
import { check, Violation } from '../../../src/sim/violation.ts';
import { Workload } from '../../../src/sim/drivers/workload.ts';
import { orderOf, World } from '../../../src/sim/world/world.ts';
import { slotOfKey } from '../../../src/store/key.ts';
import { stateMachineNamed } from '../../../src/store/registry.ts';
import type { Configuration, Order } from '../../../src/wire/configuration/configuration.ts';
import { type BootId, idFromBytes } from '../../../src/wire/identifiers.ts';
import { decodeRaftEntry } from '../../../src/wire/raft/raft-codec.ts';

export interface SurvivorReport {
  /**
   * Whether the voter's log names the companion, and the companion has the naming entry. Otherwise the companion need
   * not hold all writes.
   */
  readonly isJudged: boolean;
  readonly answered: number;
  readonly violation: string | undefined;
}

type StoreHistory = History<KeyValueInput, KeyValueOutput>;

const FORMATION_MS = 30_000;
const FAULTS_MS: readonly [number, number] = [5_000, 20_000];
const FAULTS = {
  meanMs: { 'slow-disk': 2_500, kill: 5_000, close: 15_000, freeze: 10_000, 'link-cut': 5_000, partition: 8_000 },
  conditions: { ...CALM, latencyMs: [1, 20], loss: 0.02, duplication: 0.02, reordering: 0.05, reorderedByMs: [0, 100] },
  early: false,
} as const;

export function runSurvivor(seed: number): SurvivorReport {
  const random = new Random(seed, 'survivor');
  const world = new World({
    seed,
    hosts: 3,
    clientTabs: 1,
    replicationFactor: 1,
    adopts: false,
    checkpointLogBytes: 4_000,
  });
  const [voter, survivor] = [world.host(1), world.host(2)];
  const configuration = formPair(world);
  const options = { processesInTab: 2, pauseMs: 100, bulkBytes: 0, bulkShare: 0 };
  const workload = new Workload(world.timeline, world.trace, random.fork('workload'), options);
  const listener = { losesMemory: () => undefined, isLossOver: () => false };
  const remembering = new Remembering(world, undefined);
  const faults = new FaultInjector(world, random.fork('faults'), FAULTS, listener, { drivers: [], remembering });
  workload.start(world.hosts);
  faults.start();
  world.runFor(random.between(...FAULTS_MS));
  voter.kill();
  survivor.kill();
  const [left, kept] = [stateOn(voter, configuration), stateOn(survivor, configuration)];
  // A write that was acknowledged before the voter had a companion reaches the companion before the entry that names
  // it.
  const isJudged = left.state.roster.companion !== undefined && kept.state.applied >= left.companionSince;
  const answered = workload.counts.get('ok') ?? 0;
  const violation = isJudged ? breachOf(workload, kept.state) : undefined;
  return { isJudged, answered, violation };
}

/** The first tab votes, the second is its companion, and the third is a client. */
function formPair(world: World): Configuration {
  const voter = world.host(1);
  world.form(FORMATION_MS);
  world.runUntil(() => orderOf(voter)?.replica?.companion !== undefined, FORMATION_MS, 'a companion');
  const configuration = world.configuration();
  if (configuration === undefined) throw new Violation('liveness', 'there is no configuration');
  return configuration;
}

interface Remains {
  readonly state: OrderState;
  /** Index of the entry that named the current companion. */
  readonly companionSince: number;
}

/** Applies the order's whole log on a disk, including entries that the disk does not know to be committed. */
function stateOn({ device, identity }: SimulatedHost, configuration: Configuration): Remains {
  const [order] = configuration.orders;
  if (identity === undefined || order === undefined) throw new Error('the tab had an identity');
  const boot = idFromBytes<BootId>(new Uint8Array(16).fill(0xff));
  const records = device.disk.reopen(identity, boot).complete().takeRecords();
  const kind = stateMachineNamed(configuration.stateMachine);
  const { state: found, durable } = findReplica(order.id, records, kind);
  const state = new OrderState(kind.create({ shards: order.firstShards, header: configuration }), rosterOf(order));
  if (found !== undefined) state.replace(found);
  let companionSince: number = state.applied;
  for (const bytes of durable.log.entries) {
    const { index, kind: entryKind, payload } = decodeRaftEntry(bytes);
    if (index <= state.applied) continue;
    const { companion } = state.roster;
    state.apply({ index, payload: entryKind !== 'normal' || payload.length === 0 ? undefined : payload });
    if (state.roster.companion !== companion) companionSince = index;
  }
  return { state, companionSince };
}

function rosterOf({ firstVoters }: Order): ReturnType<typeof firstRoster> {
  return firstRoster(firstVoters);
}

/** Checks all answers to clients together with the values of the given state. Returns the first breach. */
function breachOf(workload: Workload, state: OrderState): string | undefined {
  const keys = [...workload.keys.appended, ...workload.keys.mixed];
  const history = workload.history();
  const last = Math.max(0, ...history.flatMap(({ invokedAt, completion }) => [invokedAt, completion?.at ?? 0]));
  const finals = new Map(keys.map((key) => [key, valueIn(state, key)]));
  const reads: StoreHistory = keys.map((key, at) => ({
    process: 'survivor',
    input: { kind: 'get', key },
    invokedAt: last + 1 + 2 * at,
    completion: { at: last + 2 + 2 * at, output: { kind: 'value', value: finals.get(key) } },
  }));
  try {
    for (const key of workload.keys.appended) checkAppended(key, finals.get(key), history);
    const verdict = checkLinearizability([...history, ...reads], keyValueModel());
    check(verdict.linearizable, 'linearizability', () => (verdict.linearizable ? '' : verdict.explanation));
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return `${error.property}: ${error.message}`;
    throw error;
  }
}

function valueIn(state: OrderState, text: string): string | undefined {
  const key = new TextEncoder().encode(text);
  const answer = state.read({ kind: 'read', key, slot: slotOfKey(key), shardEpoch: 1 });
  return answer.kind === 'value' ? new TextDecoder().decode(answer.value) : undefined;
}
