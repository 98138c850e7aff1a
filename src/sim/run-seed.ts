/** One run: safety under faults, then healing, then everything must converge; all of it drawn from one seed. */
import type { RadiantId } from '../wire/identifiers.ts';
import { checkAppended } from './checkers/acknowledged-writes.ts';
import { RaftSafety } from './checkers/raft-safety.ts';
import { ReplicaAgreement } from './checkers/replica-agreement.ts';
import { FaultInjector } from './fault-injector.ts';
import { drawFaultMix, type FaultMix } from './fault-mix.ts';
import { checkLinearizability } from './linearizability/check.ts';
import { keyValueModel } from './linearizability/key-value-model.ts';
import type { LossKind, LossListener } from './memory-loss.ts';
import type { Observer } from './observer.ts';
import { Random } from './random.ts';
import type { TraceLine } from './trace.ts';
import { Violation, check } from './violation.ts';
import { APPENDED_KEYS, MIXED_KEYS, Workload, type WorkloadOptions } from './workload.ts';
import { World, type WorldOptions } from './world.ts';

export interface SeedOptions {
  readonly seed: number;
  /** Default `raft`. */
  readonly algorithm?: string;
  /** Virtual time with faults. Default one minute. */
  readonly faultsMs?: number;
  /** Instead of those drawn from the seed. */
  readonly mix?: FaultMix;
  /** What applications do, instead of what is drawn from the seed. */
  readonly workload?: Partial<WorkloadOptions>;
  /** Tabs and devices, instead of those drawn from the seed. */
  readonly shape?: Shape;
  /** Nobody looks at what radiants write and say: only to learn what looking costs. Default false. */
  readonly unobserved?: boolean;
  readonly traceListener?: (line: TraceLine) => void;
}

export interface SeedReport {
  readonly seed: number;
  readonly traceHash: string;
  readonly virtualMs: number;
  readonly events: number;
  readonly frames: number;
  /** Calls by how they ended. */
  readonly calls: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** Events of the trace, by kind. */
  readonly covered: Readonly<Record<string, number>>;
  readonly committed: number;
  readonly terms: number;
  readonly retired: number;
  readonly violation: { readonly property: string; readonly message: string } | undefined;
}

const FAULTS_MS = 60_000;
/** Calls of applications in a run of the usual length, at least. */
const LEAST_CALLS = 300;
const LONGEST_EXTENSION_MS = 240_000;
/** After healing, everything is back to work within this virtual time. */
const CONVERGENCE_MS = 30_000;

export function runSeed(options: SeedOptions): SeedReport {
  return new SeedRun(options).run();
}

/** Runs a seed again, and holds the second run against the first: its trace must be the same. */
export function runSeedTwice(options: SeedOptions): SeedReport {
  const report = runSeed(options);
  const again = runSeed({ ...options, traceListener: () => undefined });
  if (report.violation !== undefined || report.traceHash === again.traceHash) return report;
  const message = `the trace of seed ${report.seed} is ${report.traceHash} at first, and then ${again.traceHash}`;
  return { ...report, violation: { property: 'determinism', message } };
}

class SeedRun implements LossListener {
  readonly #options: SeedOptions;
  readonly #world: World;
  readonly #safety: RaftSafety | undefined;
  readonly #workload: Workload;
  readonly #faults: FaultInjector;
  readonly #mix: FaultMix;
  readonly #retired = new Set<RadiantId>();
  readonly #losses = new Map<LossKind, number>();
  readonly #bereft = new Set<RadiantId>();

  constructor(options: SeedOptions) {
    this.#options = options;
    const random = new Random(options.seed, 'run');
    const algorithm = options.algorithm ?? 'raft';
    // What Raft's replicas write can be read; of other algorithms only what they do to clients is judged.
    this.#safety = algorithm === 'raft' && options.unobserved !== true ? new RaftSafety() : undefined;
    const retirements: Observer = { retired: (radiant) => this.#retires(radiant) };
    this.#world = new World({
      seed: options.seed,
      algorithm,
      observers: this.#safety === undefined ? [retirements] : [this.#safety, new ReplicaAgreement(), retirements],
      ...(options.shape ?? drawShape(random.fork('shape'))),
      ...(options.traceListener === undefined ? {} : { traceListener: options.traceListener }),
    });
    const { timeline, trace } = this.#world;
    this.#workload = new Workload(timeline, trace, random.fork('workload'), {
      processesInTab: 2,
      pauseMs: random.between(300, 600),
      bulkBytes: random.chance(0.15) ? 100_000 : 0,
      bulkShare: 0.3,
      ...options.workload,
    });
    this.#mix = options.mix ?? drawFaultMix(random.fork('mix'));
    this.#faults = new FaultInjector(this.#world, random.fork('faults'), this.#mix, this);
  }

  losesMemory(radiant: RadiantId, how: LossKind): void {
    this.#losses.set(how, (this.#losses.get(how) ?? 0) + 1);
    this.#bereft.add(radiant);
    this.#safety?.losesMemory(radiant, how);
  }

  isRetired(radiant: RadiantId): boolean {
    return this.#retired.has(radiant);
  }

  #retires(radiant: RadiantId): void {
    this.#retired.add(radiant);
    check(this.#bereft.has(radiant), 'only who lost its memory is retired', () => `${radiant} had lost nothing`);
  }

  run(): SeedReport {
    try {
      this.#runWithFaults();
      this.#converge();
      this.#judge();
      return this.#report(undefined);
    } catch (error) {
      if (error instanceof Violation) return this.#report({ property: error.property, message: error.message });
      // Whatever a radiant throws is a bug of its own: "throws only on a bug".
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return this.#report({ property: 'nothing throws', message });
    }
  }

  #runWithFaults(): void {
    const world = this.#world;
    if (this.#mix.early) {
      world.openAll();
      this.#faults.start();
    } else {
      world.form();
      this.#faults.start();
    }
    this.#workload.start(world.hosts);
    const { faultsMs } = this.#options;
    world.runFor(faultsMs ?? FAULTS_MS);
    // Where faults let applications do little in the usual time, it goes on until they have done enough.
    const latestMs = world.nowMs + (faultsMs === undefined ? LONGEST_EXTENSION_MS : 0);
    while (this.#workload.settled < LEAST_CALLS && world.nowMs < latestMs) world.runFor(1_000);
    this.#faults.stop();
  }

  /** Liveness: healed, every tab can write and read again, and all replicas hold the same. */
  #converge(): void {
    const world = this.#world;
    world.runUntil(() => !this.#faults.isLosingMemory, CONVERGENCE_MS, 'the retirement of who lost its memory');
    world.runUntil(() => world.hosts.every((host) => host.isReady), CONVERGENCE_MS, 'the return of every tab');
    const untilMs = world.nowMs + CONVERGENCE_MS;
    for (const host of world.hosts) this.#mustWriteAndRead(host.name, untilMs);
    this.#workload.stop();
    world.runUntil(() => this.#workload.open === 0, CONVERGENCE_MS, 'an answer to every call');
    world.runUntil(() => this.#areReplicasEqual(), CONVERGENCE_MS, 'that all replicas have applied the same');
  }

  #mustWriteAndRead(name: string, untilMs: number): void {
    const world = this.#world;
    const host = world.hosts.find((candidate) => candidate.name === name);
    const key = `converged/${name}`;
    for (const input of [{ kind: 'put', key, value: name } as const, { kind: 'get', key } as const]) {
      let done = false;
      const attempt = (): void => {
        if (host === undefined) return;
        this.#workload.call(host, `${name}/convergence`, input, (output) => {
          done = output !== undefined;
          if (!done) world.timeline.after(100, attempt);
        });
      };
      attempt();
      world.runUntil(() => done, untilMs - world.nowMs, `a successful ${input.kind} of ${name} after healing`);
    }
  }

  #areReplicasEqual(): boolean {
    const replicas = this.#world
      .radiants()
      .flatMap((radiant) => radiant.view().orders.flatMap(({ replica }) => replica ?? []));
    const [first] = replicas;
    return (
      first !== undefined && replicas.every(({ applied }) => applied === first.applied && applied === first.committed)
    );
  }

  #judge(): void {
    const finals = new Map<string, string | undefined>();
    for (const key of [...APPENDED_KEYS, ...MIXED_KEYS]) {
      for (const host of this.#world.hosts) {
        let read = false;
        this.#workload.call(host, `${host.name}/end`, { kind: 'get', key }, (output) => {
          if (output?.kind !== 'value') return;
          read = true;
          finals.set(key, output.value);
        });
        this.#world.runUntil(() => read, CONVERGENCE_MS, `a final read of ${key} in ${host.name}`);
      }
    }
    const history = this.#workload.history();
    const verdict = checkLinearizability(history, keyValueModel());
    check(verdict.linearizable, 'linearizability', () => (verdict.linearizable ? '' : verdict.explanation));
    for (const key of APPENDED_KEYS) checkAppended(key, finals.get(key), history);
    const { breach } = this.#workload.stamps;
    check(breach === undefined, 'versionstamps follow real time', () => breach ?? '');
  }

  #report(violation: SeedReport['violation']): SeedReport {
    const world = this.#world;
    return {
      seed: this.#options.seed,
      traceHash: world.trace.hash(),
      virtualMs: world.nowMs,
      events: world.timeline.happened,
      frames: world.network.framesSent,
      calls: Object.fromEntries(this.#workload.counts),
      faults: { ...Object.fromEntries(this.#faults.counts), ...Object.fromEntries(this.#losses) },
      covered: Object.fromEntries(world.trace.counts),
      committed: this.#safety?.committed ?? 0,
      terms: this.#safety?.terms ?? 0,
      retired: this.#retired.size,
      violation,
    };
  }
}

export type Shape = Required<Pick<WorldOptions, 'hosts' | 'hostsOnDevice' | 'replicationFactor' | 'unlinked'>>;

/** How many tabs there are, how they lie on devices, and whether all of them can reach each other. */
function drawShape(random: Random): Shape {
  const unlinked: Shape['unlinked'] = random.chance(0.15) ? [[2, 3]] : [];
  if (random.chance(0.15)) return { hosts: 4, hostsOnDevice: 2, replicationFactor: 3, unlinked };
  if (random.chance(0.1)) return { hosts: 5, hostsOnDevice: 1, replicationFactor: 5, unlinked };
  return { hosts: 3 + random.integer(3), hostsOnDevice: 1, replicationFactor: 3, unlinked };
}
