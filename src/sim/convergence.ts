/** Liveness: once healed, everything is back to work within a bounded virtual time. */
import type { SimulatedHost } from './host.ts';
import { checkAppended } from './checkers/acknowledged-writes.ts';
import { checkLinearizability } from './linearizability/check.ts';
import { type KeyValueInput, keyValueModel } from './linearizability/key-value-model.ts';
import type { MembershipDriver } from './membership-driver.ts';
import { check } from './violation.ts';
import { APPENDED_KEYS, MIXED_KEYS, type Workload } from './workload.ts';
import type { World } from './world.ts';

/** From healing to each of the things that are to happen then. */
export const CONVERGENCE_MS = 30_000;
/** Until the membership is the one that was wished for, whatever was under way. */
const MEMBERSHIP_MS = 60_000;
const RETRY_MS = 100;

/** The members are who was wished for last; every tab can write and read again, all replicas come to hold the same. */
export function converge(world: World, workload: Workload, members: MembershipDriver): void {
  world.runUntil(() => world.hosts.every((host) => host.isReady), CONVERGENCE_MS, 'the return of every tab');
  if (members.isActive)
    world.runUntil(() => members.settle(), MEMBERSHIP_MS, 'the membership that was wished for', 500);
  const untilMs = world.nowMs + CONVERGENCE_MS;
  for (const host of world.hosts) {
    const key = `converged/${host.name}`;
    mustSucceed(world, workload, host, { kind: 'put', key, value: host.name }, untilMs);
    mustSucceed(world, workload, host, { kind: 'get', key }, untilMs);
  }
  workload.stop();
  world.runUntil(() => workload.open === 0, CONVERGENCE_MS, 'an answer to every call');
  world.runUntil(() => areReplicasEqual(world), CONVERGENCE_MS, 'that all replicas have applied the same');
}

/** Judges what clients were answered in the whole run, and what is there in the end. */
export function judge(world: World, workload: Workload): void {
  const finals = new Map<string, string | undefined>();
  for (const key of [...APPENDED_KEYS, ...MIXED_KEYS]) {
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
  for (const key of APPENDED_KEYS) checkAppended(key, finals.get(key), history);
  const { breach } = workload.stamps;
  check(breach === undefined, 'versionstamps follow real time', () => breach ?? '');
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

/** Whoever is a replica is a member, and has applied all that is committed. */
function areReplicasEqual(world: World): boolean {
  const members = world.herald()?.view().orders[0]?.members ?? [];
  const replicas = world.radiants().flatMap((radiant) => radiant.replicas().map(({ replica }) => replica));
  const [first] = replicas;
  return (
    first !== undefined &&
    replicas.every(({ applied }) => applied === first.applied && applied === first.committed) &&
    replicas.every(({ replica }) => members.some((member) => member.replica === replica))
  );
}
