/** `npm run sim`: runs seeds, prints the coverage of the runs, and prints how to replay a failed seed. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { type CommandLineOptions, readOptions, USAGE, UsageError } from './command-line-options.ts';
import { sumOfCoverage, uncovered } from '../coverage.ts';
import { overdue } from '../coverage-thresholds.ts';
import { runSeed, runSeedTwice, type SeedOptions, type SeedReport } from './run-seed.ts';
import { measureSpeed } from './speed.ts';
import type { TraceLine } from '../trace.ts';

/** Runs the command with these arguments. @returns the exit code */
async function simulate(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words, availableParallelism());
    if (options === 'help') {
      print(USAGE);
      return 0;
    }
    if (options.speed) return showSpeed(options.firstSeed);
    return options.seeds === 1 ? runOne(options) : await runMany(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    print(`${error.message}\n\n${USAGE}`);
    return 2;
  }
}

function showSpeed(firstSeed: number): number {
  const { report, passed } = measureSpeed(firstSeed);
  print(report);
  return passed ? 0 : 1;
}

function runOne(options: CommandLineOptions): number {
  const startMs = performance.now();
  const report = (options.twice ? runSeedTwice : runSeed)({
    seed: options.firstSeed,
    algorithm: options.algorithm,
    ...only(options),
    ...(options.trace ? { traceListener: printLine } : {}),
  });
  summarize([report], performance.now() - startMs, options);
  return report.violation === undefined ? 0 : 1;
}

async function runMany(options: CommandLineOptions): Promise<number> {
  const startMs = performance.now();
  const reports: SeedReport[] = [];
  let next = options.firstSeed;
  const last = options.firstSeed + options.seeds - 1;
  const finished = (report: SeedReport): void => {
    reports.push(report);
    if (report.violation !== undefined) printFailure(report, options);
    const everySeeds = Math.max(1, Math.floor(options.seeds / 20));
    if (reports.length % everySeeds === 0) print(`${reports.length} of ${options.seeds} seeds\n`);
  };
  const jobs = Array.from({ length: Math.min(options.jobs, options.seeds) }, () =>
    workThrough(options, () => (next <= last ? next++ : undefined), finished),
  );
  await Promise.all(jobs);
  reports.sort((left, right) => left.seed - right.seed);
  summarize(reports, performance.now() - startMs, options);
  const isCovered = printUncovered(reports, options);
  return isCovered && reports.every(({ violation }) => violation === undefined) ? 0 : 1;
}

/** Prints counters that stayed 0. False: a run with this many seeds should have raised one of them. */
function printUncovered(reports: readonly SeedReport[], { algorithm, faults, faultsMs }: CommandLineOptions): boolean {
  if (algorithm !== 'raft' || faults !== undefined || faultsMs !== undefined) return true;
  const missing = uncovered(sumOfCoverage(reports.map(({ covered }) => covered)));
  const due = overdue(missing, reports.length);
  const early = missing.filter((kind) => !due.includes(kind));
  if (early.length > 0) print(`never happened: ${early.join(', ')} (too few seeds to conclude anything)\n`);
  if (due.length === 0) return true;
  print(`never happened: ${due.join(', ')} (the run fails, because this many seeds should cover it)\n`);
  return false;
}

/** Starts a worker thread that runs this file and works through seeds until none is left. */
function workThrough(
  options: CommandLineOptions,
  nextSeed: () => number | undefined,
  finished: (report: SeedReport) => void,
): Promise<void> {
  const { algorithm, twice } = options;
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url));
    const giveNext = (): void => {
      const seed = nextSeed();
      if (seed === undefined) void worker.terminate().then(() => resolve());
      else worker.postMessage({ twice, options: { seed, algorithm, ...only(options) } });
    };
    worker.on('error', reject);
    worker.on('message', (report: SeedReport) => {
      finished(report);
      giveNext();
    });
    giveNext();
  });
}

function summarize(reports: readonly SeedReport[], elapsedMs: number, options: CommandLineOptions): void {
  const failed = reports.filter(({ violation }) => violation !== undefined);
  const virtualSeconds = sum(reports, ({ virtualMs }) => virtualMs) / 1_000;
  const seconds = elapsedMs / 1_000;
  print(
    `\n${virtualSeconds.toFixed(0)} virtual seconds in ${seconds.toFixed(1)} s: ${(virtualSeconds / seconds).toFixed(0)} each second; ` +
      `${sum(reports, ({ events }) => events)} events, ${sum(reports, ({ frames }) => frames)} frames\n`,
  );
  print(`calls: ${describe(reports.map(({ calls }) => calls))}\n`);
  print(`administered: ${describe(reports.map(({ administered }) => administered))}\n`);
  print(`covered: ${describe(reports.map(({ covered }) => covered))}\n`);
  print(`events: ${describe(reports.map(({ traced }) => traced))}\n`);
  print(
    `${sum(reports, ({ committed }) => committed)} entries committed in ${sum(reports, ({ terms }) => terms)} terms, ` +
      `${sum(reports, ({ retired }) => retired)} identities retired\n`,
  );
  const waits = reports.flatMap(({ longestWithoutProgressMs }) => longestWithoutProgressMs ?? []);
  if (waits.length > 0) print(`longest time without progress: ${(Math.max(...waits) / 1_000).toFixed(1)} s\n`);
  for (const report of reports.length === 1 ? reports : [])
    print(`seed ${report.seed}: trace hash ${report.traceHash}\n`);
  for (const report of failed) printFailure(report, options);
  if (options.report !== undefined) {
    const summary = { passed: reports.length - failed.length, failed: failed.length, seeds: reports };
    writeFileSync(options.report, JSON.stringify(summary, undefined, 2));
  }
  print(`${reports.length - failed.length} seeds passed, ${failed.length} failed\n`);
}

function printFailure({ seed, violation }: SeedReport, { algorithm, faults, faultsMs }: CommandLineOptions): void {
  const only = faults === undefined ? '' : ` --faults ${faults}`;
  const more = `${only}${algorithm === 'raft' ? '' : ` --algorithm ${algorithm.name} --unsafe`}${faultsMs === undefined ? '' : ` --seconds ${faultsMs / 1_000}`}`;
  print(`\nseed ${seed} failed: ${violation?.message ?? ''}\nreplay it: npm run sim -- --seed ${seed}${more}\n`);
}

function printLine({ timeMs, subject, text }: TraceLine): void {
  print(`${timeMs.toFixed(3).padStart(10)}  ${subject.padEnd(9)} ${text}\n`);
}

/** Describes the sums of the counters over all seeds, in descending order. */
function describe(counters: readonly Readonly<Record<string, number>>[]): string {
  const totals = new Map<string, number>();
  for (const counter of counters) {
    for (const [name, count] of Object.entries(counter)) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  const sorted = [...totals].filter(([, count]) => count > 0).sort((left, right) => right[1] - left[1]);
  return sorted.length === 0 ? 'none' : sorted.map(([name, count]) => `${count} ${name}`).join(', ');
}

/** The options that all seeds share. */
function only({ faults, faultsMs }: CommandLineOptions): Partial<SeedOptions> {
  return {
    ...(faults === undefined ? {} : { faults }),
    ...(faultsMs === undefined ? {} : { faultsMs }),
  };
}

function sum(reports: readonly SeedReport[], value: (report: SeedReport) => number): number {
  return reports.reduce((total, report) => total + value(report), 0);
}

function print(text: string): void {
  process.stdout.write(text);
}

/** Receives options and sends reports, in a worker thread. */
function serveSeeds(): void {
  parentPort?.on('message', ({ twice, options }: { readonly twice: boolean; readonly options: SeedOptions }) => {
    parentPort?.postMessage((twice ? runSeedTwice : runSeed)(options));
  });
}

if (isMainThread) process.exitCode = await simulate(process.argv.slice(2));
else serveSeeds();
