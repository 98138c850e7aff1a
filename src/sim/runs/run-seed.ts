/** Runs one seed: faults, then healing and convergence, then the check of all answers. */
import { groupsOf, membersOf, movesOf } from '../../cluster/configuration.ts';
import type { AlgorithmChoice } from '../../consensus/algorithms.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import { timesWith } from '../../wire/times.ts';
import { SystemSafety } from '../checkers/system-safety.ts';
import { WatchHistory } from '../checkers/watch-history.ts';
import { AdministrationDriver } from '../drivers/administration-driver.ts';
import { ListDriver } from '../drivers/list-driver.ts';
import { WatchDriver } from '../drivers/watch-driver.ts';
import { DiskProgress } from '../drivers/disk-progress.ts';
import { converge, CONVERGENCE_MS, judge, judgeWatches } from '../convergence/convergence.ts';
import { Coverage, type CoverageListener, type CoverageReport, transitionKind } from '../coverage.ts';
import { FaultInjector } from '../faults/fault-injector.ts';
import { drawDiskHangs, drawFaultMix, type FaultMix } from '../faults/fault-mix.ts';
import type { LossKind } from '../fault-kinds.ts';
import type { LossListener } from '../faults/memory-loss.ts';
import { Settling } from '../convergence/settling.ts';
import { TransactionDriver } from '../drivers/transaction-driver.ts';
import { MachineDriver } from '../drivers/machine-driver.ts';
import { TabTurnover } from '../drivers/tab-turnover.ts';
import type { ObservedRadiant, Observer } from '../world/observer.ts';
import { Random } from '../random.ts';
import { Remembering } from '../faults/remembering.ts';
import { type ClusterPlan, drawCheckpointLogBytes, drawClusterPlan, drawWorkload } from './seed-plan.ts';
import type { TraceLine } from '../trace.ts';
import { Violation, check } from '../violation.ts';
import { Workload, type WorkloadOptions } from '../drivers/workload.ts';
import { World } from '../world/world.ts';

export interface SeedOptions {
  readonly seed: number;
  readonly algorithm?: AlgorithmChoice;
  /** Virtual time with faults. Default: one minute, or half a minute with faults of one kind. */
  readonly faultsMs?: number;
  readonly mix?: FaultMix;
  /** Injects only faults of this kind, and checks progress. */
  readonly faults?: 'disk-hangs';
  /** Overrides options of the applications that the seed would draw. */
  readonly workload?: Partial<WorkloadOptions>;
  /** Overrides the tabs, the founding and the drivers of changes that the seed would draw. */
  readonly cluster?: ClusterPlan;
  readonly checkpointLogBytes?: number;
  /** Runs without checkers, to measure the cost of the checkers. Default false. */
  readonly unobserved?: boolean;
  readonly traceListener?: (line: TraceLine) => void;
}

export interface SeedReport {
  readonly seed: number;
  readonly traceHash: string;
  readonly virtualMs: number;
  readonly events: number;
  readonly frames: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly administered: Readonly<Record<string, number>>;
  readonly covered: CoverageReport;
  readonly traced: Readonly<Record<string, number>>;
  readonly committed: number;
  readonly terms: number;
  readonly retired: number;
  /** Longest time in which an order with working disks acknowledged no write. Undefined: not measured. */
  readonly longestWithoutProgressMs: number | undefined;
  readonly violation: { readonly property: string; readonly message: string } | undefined;
}

const FAULTS_MS = 60_000;
const FAULTS_OF_ONE_KIND_MS = 30_000;
/** Smallest number of calls in a run of the usual length. */
const LEAST_CALLS = 300;
const LONGEST_EXTENSION_MS = 240_000;
const NO_ADMINISTRATION: ClusterPlan['administration'] = { meanMs: undefined };
const NO_TURNOVER: ClusterPlan['turnover'] = { meanMs: undefined, lateTabs: 0 };

export function runSeed(options: SeedOptions): SeedReport {
  return new SeedRun(options).run();
}

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
  readonly #safety: SystemSafety | undefined;
  readonly #workload: Workload;
  readonly #lists: ListDriver;
  readonly #transactions: TransactionDriver;
  readonly #watches: WatchDriver;
  /** Undefined: no application calls machines. */
  readonly #machines: MachineDriver | undefined;
  readonly #turnover: TabTurnover;
  readonly #administration: AdministrationDriver;
  readonly #faults: FaultInjector;
  readonly #mix: FaultMix;
  /** The check of progress. Undefined: progress is not checked, because other faults may prevent it. */
  readonly #progress: DiskProgress | undefined;
  readonly #retired = new Set<RadiantId>();
  readonly #coverage = new Coverage();
  readonly #bereft = new Set<RadiantId>();

  constructor(options: SeedOptions) {
    this.#options = options;
    const random = new Random(options.seed, 'run');
    const algorithm = options.algorithm ?? 'raft';
    // The checkers can decode the records of Raft only. Other algorithms are checked by their answers.
    this.#safety =
      algorithm === 'raft' && options.unobserved !== true
        ? new SystemSafety((kind) => this.#coverage.add(kind))
        : undefined;
    const own: Observer = {
      replied: (radiant) => this.#answers(radiant),
      retired: (radiant) => this.#retires(radiant),
      entered: (transition) => this.#coverage.add(transitionKind(transition)),
      writeFlushed: (radiant, batch) => this.#faults.writeFlushed(radiant, batch),
      sent: (radiant, bytes) => this.#faults.sent(radiant, bytes),
    };
    const plan = options.cluster ?? drawClusterPlan(random.fork('cluster'));
    this.#world = new World({
      seed: options.seed,
      algorithm,
      observers: [...(this.#safety?.observers ?? []), own],
      checkpointLogBytes: options.checkpointLogBytes ?? drawCheckpointLogBytes(random.fork('checkpoints')),
      ...plan.shape,
      founding: plan.founding,
      times: timesWith({ membership: plan.deadAfterMs === undefined ? {} : { deadAfterMs: plan.deadAfterMs } }),
      ...(options.traceListener === undefined ? {} : { traceListener: options.traceListener }),
    });
    const { timeline, trace } = this.#world;
    const watched = new WatchHistory();
    this.#workload = new Workload(timeline, trace, random.fork('workload'), {
      ...drawWorkload(random.fork('applications'), plan.founding.orders === 1),
      covered: (kind) => this.#coverage.add(kind),
      changed: (key, revision) => watched.acknowledged(key, revision),
      ...options.workload,
    });
    this.#mix =
      options.mix ??
      (options.faults === 'disk-hangs' ? drawDiskHangs(random.fork('disk hangs')) : drawFaultMix(random.fork('mix')));
    const { administration, turnover } =
      algorithm === 'raft' ? plan : { administration: NO_ADMINISTRATION, turnover: NO_TURNOVER };
    const covered: CoverageListener = (kind) => this.#coverage.add(kind);
    this.#lists = new ListDriver(timeline, random.fork('lists'), this.#workload, covered);
    this.#transactions = new TransactionDriver(
      this.#world,
      random.fork('transactions'),
      covered,
      options.workload?.transactionPauseMs,
    );
    this.#watches = new WatchDriver(timeline, random.fork('watches'), watched, covered);
    this.#machines = this.#machineDriver(random.fork('machines'), covered);
    const hooks = { covered, mayLeave: () => this.#areLossesNoticed() };
    this.#turnover = new TabTurnover(this.#world, random.fork('turnover'), turnover, hooks);
    const administrating = random.fork('administration');
    this.#administration = new AdministrationDriver(this.#world, administrating, administration, hooks);
    if (options.faults === 'disk-hangs' && this.#safety !== undefined) {
      const [world, workload, { raft }] = [this.#world, this.#workload, this.#safety];
      this.#progress = new DiskProgress({ world, workload, raft, random: random.fork('progress') });
    }
    this.#faults = new FaultInjector(this.#world, random.fork('faults'), this.#mix, this, {
      drivers: [this.#turnover, this.#administration],
      remembering: new Remembering(this.#world, this.#safety?.raft),
    });
  }

  /** Runs with given faults make no calls of machines, unless they ask for them. */
  #machineDriver(random: Random, covered: CoverageListener): MachineDriver | undefined {
    const { mix, faults, workload } = this.#options;
    const pauseMs = workload?.machinePauseMs;
    const isDrawn = mix === undefined && faults === undefined;
    return isDrawn || pauseMs !== undefined ? new MachineDriver(this.#world, random, covered, pauseMs) : undefined;
  }

  losesMemory(radiant: RadiantId, how: LossKind): void {
    this.#coverage.add(how);
    const configuration = this.#world.configuration();
    if (configuration !== undefined && movesOf(configuration).length > 0) this.#coverage.add('memory-lost-under-way');
    this.#bereft.add(radiant);
    this.#safety?.raft.losesMemory(radiant, how);
  }

  /** Whether the configuration no longer names any radiant as a member of an order that the radiant has forgotten. */
  #areLossesNoticed(): boolean {
    return [...this.#bereft].every((radiant) => !this.#isNamedWhereItForgot(radiant));
  }

  #isNamedWhereItForgot(radiant: RadiantId): boolean {
    const orders = this.#world.configuration()?.orders ?? [];
    return orders.some(
      (order) =>
        membersOf(order).some((member) => member.radiant === radiant) &&
        this.#safety?.raft.hasLostMemory(order.id, radiant) !== false,
    );
  }

  /** An order that has ended is left by all its members. */
  isLossOver(radiant: RadiantId): boolean {
    if (this.#retired.has(radiant)) return true;
    const configuration = this.#world.configuration();
    if (configuration === undefined || this.#safety === undefined || this.#isNamedWhereItForgot(radiant)) return false;
    const forgotten = this.#safety.raft.ordersWithForgetful(radiant);
    return groupsOf(configuration).every(({ id }) => !forgotten.includes(id));
  }

  #answers({ radiant }: ObservedRadiant): void {
    const host = this.#world.hosts.find(({ radiants }) => radiants.some((running) => running.radiant === radiant));
    if (host?.isMember === false) this.#coverage.add('pure-client-answered');
  }

  #retires(radiant: RadiantId): void {
    this.#retired.add(radiant);
    this.#coverage.add('retirement');
    check(
      this.#bereft.has(radiant),
      'only a radiant that lost its memory is retired',
      () => `${radiant} had lost nothing`,
    );
  }

  run(): SeedReport {
    try {
      this.#runWithFaults();
      this.#world.runUntil(
        () => !this.#faults.isLosingMemory,
        CONVERGENCE_MS,
        'the retirement of radiants that lost their memory',
      );
      const goal = (this.#options.algorithm ?? 'raft') === 'raft' ? new Settling(this.#world, this.#safety) : undefined;
      converge(this.#world, this.#workload, goal);
      judge(this.#world, this.#workload);
      this.#transactions.judge();
      this.#machines?.judge();
      judgeWatches(this.#world, this.#watches);
      return this.#report(undefined);
    } catch (error) {
      if (error instanceof Violation) return this.#report({ property: error.property, message: error.message });
      // A radiant throws only if it has a bug.
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return this.#report({ property: 'nothing throws', message });
    }
  }

  #runWithFaults(): void {
    const world = this.#world;
    const { earlyTabs } = this.#turnover;
    if (this.#mix.early) for (const tab of earlyTabs) tab.open();
    else world.form(undefined, earlyTabs);
    this.#faults.start();
    this.#workload.start(world.hosts);
    this.#lists.start(world.hosts);
    this.#transactions.start(world.hosts);
    this.#machines?.start(world.hosts);
    this.#watches.start(world.hosts);
    this.#turnover.start();
    this.#administration.start();
    this.#progress?.start();
    const { faults, faultsMs = faults === undefined ? undefined : FAULTS_OF_ONE_KIND_MS } = this.#options;
    world.runFor(faultsMs ?? FAULTS_MS);
    // Faults can slow the applications down. The run continues until they have made enough calls.
    const latestMs = world.nowMs + (faultsMs === undefined ? LONGEST_EXTENSION_MS : 0);
    while (this.#workload.settled < LEAST_CALLS && world.nowMs < latestMs) world.runFor(1_000);
    this.#workload.slowDown();
    this.#lists.stop();
    this.#transactions.stop();
    this.#machines?.stop();
    this.#progress?.stop();
    this.#turnover.stop();
    this.#administration.stop();
    this.#faults.stop();
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
      administered: Object.fromEntries(this.#administration.counts),
      covered: this.#covered(),
      traced: Object.fromEntries(world.trace.counts),
      committed: this.#safety?.raft.committed ?? 0,
      terms: this.#safety?.raft.terms ?? 0,
      retired: this.#retired.size,
      longestWithoutProgressMs: this.#progress?.longestMs,
      violation,
    };
  }

  #covered(): CoverageReport {
    const { network, devices } = this.#world;
    const covered = this.#coverage;
    for (const [kind, times] of this.#faults.counts) covered.add(kind, times);
    covered.add('refused-for-full-disks', this.#workload.counts.get('STORAGE_FULL') ?? 0);
    covered.add('frame-lost', network.framesLost);
    covered.add('frame-held', network.framesHeld);
    covered.add('frame-delayed', network.framesDelayed);
    covered.add('frame-duplicated', network.framesDuplicated);
    covered.add('frame-reordered', network.framesReordered);
    for (const { flushesLost, lateWritesRefused } of devices) {
      covered.add('flush-lost', flushesLost);
      covered.add('late-write-refused', lateWritesRefused);
    }
    return covered.report();
  }
}
