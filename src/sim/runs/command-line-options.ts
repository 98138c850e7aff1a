/** Options of the simulator's command line. */
import { parseArgs } from 'node:util';
import { type AlgorithmChoice, chosenAlgorithm } from '../../consensus/algorithms.ts';

export interface CommandLineOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly algorithm: AlgorithmChoice;
  /** Injects only faults of this kind, and checks progress. Undefined: the seed draws the kinds of faults. */
  readonly faults: 'disk-hangs' | undefined;
  /** Virtual time with faults. Undefined: one minute. */
  readonly faultsMs: number | undefined;
  readonly trace: boolean;
  readonly jobs: number;
  /** Run every seed twice, and fail it if the traces differ. */
  readonly twice: boolean;
  readonly speed: boolean;
  /** File for a summary in JSON. Undefined: no file. */
  readonly report: string | undefined;
}

export const USAGE = [
  'Runs the store in a simulated world of tabs, disks and links. All chance comes from the seed.',
  '',
  '  npm run sim -- --seed 7            Runs one seed and prints every event. --no-trace prints only the summary.',
  '  npm run sim -- --seeds 300         Runs seeds 1 to 300. A failing seed prints the command that replays it.',
  '    --first 1000                     Begins with this seed.',
  '    --jobs 2                         Uses this many processor cores.',
  '    --report summary.json            Writes the result of every seed to a file.',
  '  --twice                            Runs every seed again and compares the traces.',
  '  --speed                            Measures the speed with 5 voters, 50 calls a second and all checkers on one core.',
  '  --algorithm naive --unsafe         Runs an algorithm that can lose writes. The default is raft.',
  '  --faults disk-hangs                Only disks hang. Orders must make progress.',
  '  --seconds 120                      Virtual time with faults. The default is 60, with --faults 30.',
  '',
].join('\n');

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function readOptions(words: readonly string[], cores: number): CommandLineOptions | 'help' {
  const values = parse(words);
  const speed = values.speed === true;
  if (values.help === true || (values.seed === undefined && values.seeds === undefined && !speed)) return 'help';
  const one = values.seed !== undefined;
  const seconds = values.seconds === undefined ? undefined : wholeNumber('--seconds', values.seconds);
  return {
    firstSeed: wholeNumber('--seed', values.seed ?? values.first ?? '1'),
    seeds: one ? 1 : atLeastOne('--seeds', values.seeds ?? '1'),
    algorithm: algorithmOf(values.algorithm ?? 'raft', values.unsafe === true),
    faults: values.faults === undefined ? undefined : faultsNamed(values.faults),
    faultsMs: seconds === undefined ? undefined : seconds * 1_000,
    trace: values['no-trace'] === true ? false : one,
    jobs: one ? 1 : atLeastOne('--jobs', values.jobs ?? String(Math.min(2, cores))),
    twice: values.twice === true,
    speed,
    report: values.report,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        help: { type: 'boolean' },
        seed: { type: 'string' },
        seeds: { type: 'string' },
        first: { type: 'string' },
        jobs: { type: 'string' },
        report: { type: 'string' },
        algorithm: { type: 'string' },
        unsafe: { type: 'boolean' },
        seconds: { type: 'string' },
        faults: { type: 'string' },
        'no-trace': { type: 'boolean' },
        twice: { type: 'boolean' },
        speed: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function algorithmOf(name: string, unsafe: boolean): AlgorithmChoice {
  try {
    return chosenAlgorithm(unsafe ? { name, unsafe } : name) === 'naive' ? { name: 'naive', unsafe: true } : 'raft';
  } catch (error) {
    const advice = name === 'naive' ? ' On the command line: --algorithm naive --unsafe.' : '';
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}${advice}`, { cause: error });
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/u.test(text)) throw new UsageError(`${name} takes a whole number, not "${text}"`);
  return Number(text);
}

function faultsNamed(name: string): 'disk-hangs' {
  if (name !== 'disk-hangs') throw new UsageError(`--faults is disk-hangs, not "${name}"`);
  return name;
}

/** Reads a positive whole number. Zero is rejected, because a run of no seeds would pass. */
function atLeastOne(name: string, text: string): number {
  const number = wholeNumber(name, text);
  if (number === 0) throw new UsageError(`${name} takes a whole number from 1 on`);
  return number;
}
