/** Liveness: after the faults, everything works again within a bounded virtual time. */
import type { MemberView } from '../../radiant/contract.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { SimulatedHost } from '../world/host.ts';
import { checkAppended } from '../checkers/acknowledged-writes.ts';
import { checkLinearizability } from '../linearizability/check.ts';
import { type KeyValueInput, keyValueModel } from '../linearizability/key-value-model.ts';
import type { RunningRadiant } from '../world/running-radiant.ts';
import { check } from '../violation.ts';
import type { WatchDriver } from '../drivers/watch-driver.ts';
import type { Workload } from '../drivers/workload.ts';
import type { World } from '../world/world.ts';

/** Longest time for each step of the convergence after the faults have ended. */
export const CONVERGENCE_MS = 30_000;
/** A state that a cluster reaches if nothing disturbs it. */
export interface Goal {
  readonly withinMs: number;
  /** Whether the state is reached. The run calls it until it returns true. */
  settle(): boolean;
  /** Names the part of the state that is not reached yet. */
  describe(): string;
}

const RETRY_MS = 100;
/** Interval at which the contents of watches are compared. */
const WATCH_STEP_MS = 100;

/** Waits until the goal is reached, every tab reads and writes, and all replicas of an order are equal. */
export function converge(world: World, workload: Workload, goal: Goal | undefined): void {
  world.runUntil(() => world.hosts.every((host) => host.isReady), CONVERGENCE_MS, 'the return of every tab');
  if (goal !== undefined)
    world.runUntil(
      () => goal.settle(),
      goal.withinMs,
      () => goal.describe(),
      500,
    );
  const untilMs = world.nowMs + CONVERGENCE_MS;
  for (const host of world.hosts) {
    const key = `converged/${host.name}`;
    mustSucceed(world, workload, host, { kind: 'put', key, value: host.name }, untilMs);
    mustSucceed(world, workload, host, { kind: 'get', key }, untilMs);
  }
  workload.stop();
  world.runUntil(() => workload.open === 0, CONVERGENCE_MS, 'an answer to every call');
  world.runUntil(() => areTransactionsSettled(world), CONVERGENCE_MS, 'the end of every transaction');
  world.runUntil(() => areReplicasEqual(world), CONVERGENCE_MS, 'that all replicas have applied the same');
}

/** Checks the answers of the whole run and the final value of every key. */
export function judge(world: World, workload: Workload): void {
  const finals = new Map<string, string | undefined>();
  for (const key of [...workload.keys.appended, ...workload.keys.mixed]) {
    for (const host of world.hosts) {
      let read = false;
      workload.call(host, `${host.name}/end`, { kind: 'get', key }, (output) => {
        if (output?.kind !== 'value') return;
        read = true;
        finals.set(key, output.value);
      });
      world.runUntil(() => read, CONVERGENCE_MS, `a final read of ${key} in ${host.name}`);
    }
  }
  const history = workload.history();
  const verdict = checkLinearizability(history, keyValueModel());
  check(verdict.linearizable, 'linearizability', () => (verdict.linearizable ? '' : verdict.explanation));
  for (const key of workload.keys.appended) checkAppended(key, finals.get(key), history);
  const { breach } = workload.stamps;
  check(breach === undefined, 'versionstamps follow real time', () => breach ?? '');
}

/** Checks that every watch ends with the contents of the store, and missed no change. */
export function judgeWatches(world: World, watches: WatchDriver): void {
  watches.end();
  for (const host of world.hosts) watches.addReader(host);
  const untilMs = world.nowMs + CONVERGENCE_MS;
  while (!watches.areEqual && world.nowMs < untilMs) world.runFor(WATCH_STEP_MS);
  check(watches.areEqual, 'a watch ends with the contents of the store', () => watches.describe());
  watches.check();
}

function mustSucceed(
  world: World,
  workload: Workload,
  host: SimulatedHost,
  input: KeyValueInput,
  untilMs: number,
): void {
  let done = false;
  const attempt = (): void => {
    workload.call(host, `${host.name}/convergence`, input, (output) => {
      done = output !== undefined;
      if (!done) world.timeline.after(RETRY_MS, attempt);
    });
  };
  attempt();
  world.runUntil(() => done, untilMs - world.nowMs, `a successful ${input.kind} of ${host.name} after healing`);
}

function areTransactionsSettled(world: World): boolean {
  const orders = [...world.heralds().values()].flatMap((herald) => herald.view().orders);
  return orders.every(({ replica }) => replica === undefined || replica.openTransactions === 0);
}

/** Whether all replicas of an order hold the same state: each one is a member and has applied all committed entries. */
function areReplicasEqual(world: World): boolean {
  const heralds = world.heralds();
  const replicas = world.radiants().flatMap((radiant) => radiant.replicas());
  return (
    replicas.length > 0 &&
    replicas.every(({ order, replica }) => {
      const herald = heralds.get(order);
      const leading = herald?.replicas().find((own) => own.order === order)?.replica;
      const members = membersOf(herald, order);
      const isEqual = replica.applied === leading?.applied && replica.applied === leading.committed;
      return isEqual && members.some((member) => member.replica === replica.replica);
    })
  );
}

function membersOf(herald: RunningRadiant | undefined, order: OrderId): readonly MemberView[] {
  const { orders, bondsmith } = herald?.view() ?? {};
  return (
    [...(orders ?? []), ...(bondsmith === undefined ? [] : [bondsmith])].find((view) => view.order === order)
      ?.members ?? []
  );
}
