/** A process that leads its own group. Ending the group ends all descendants of the process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { until } from './until.ts';

const running = new Set<ProcessGroup>();
// All groups are killed when this process exits.
process.on('exit', () => {
  for (const group of running) group.signal('SIGKILL');
});

export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | undefined>;
  #output = '';

  constructor(command: string, commandArguments: readonly string[], variables: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, commandArguments, {
      detached: true,
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#remember(chunk));
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#remember(chunk));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#output += String(error);
        resolve(undefined);
      });
      this.#child.once('exit', (code) => resolve(code ?? undefined));
    });
  }

  /** The latest part of the process's output. */
  get output(): string {
    return this.#output;
  }

  /** Process id. Undefined: the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends a signal to all processes of the group. Does nothing if all have ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** Kills with -9 the members whose command line contains the text. @returns the number of killed members */
  killMembers(text: string): number {
    const group = this.#child.pid;
    if (group === undefined) return 0;
    const members = readdirSync('/proc').filter(
      (entry) => /^\d+$/u.test(entry) && isLivingMember(`/proc/${entry}/stat`, group),
    );
    const meant = members.filter((entry) => commandLine(entry).includes(text));
    for (const entry of meant) process.kill(Number(entry), 'SIGKILL');
    return meant.length;
  }

  /** Kills the group with -9. Resolves once every process has ended. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#gone();
  }

  /** Asks the group to end, and kills it after `patienceMs`. Resolves to the exit code. */
  async end(patienceMs = 5_000): Promise<number | undefined> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), patienceMs);
    const code = await this.#ended;
    clearTimeout(timer);
    await this.kill();
    return code;
  }

  async #gone(): Promise<void> {
    await this.#ended;
    const { pid } = this.#child;
    if (pid !== undefined) await until('the processes of the group are gone', () => !hasLivingMember(pid));
    running.delete(this);
  }

  #remember(chunk: Buffer): void {
    this.#output = (this.#output + chunk.toString()).slice(-20_000);
  }
}

/** Whether the group has a living member. A zombie process is still listed as a member, but holds no resources. */
function hasLivingMember(group: number): boolean {
  if (!existsSync('/proc/self/stat')) return signalReaches(group);
  return readdirSync('/proc').some((entry) => /^\d+$/u.test(entry) && isLivingMember(`/proc/${entry}/stat`, group));
}

function isLivingMember(statPath: string, group: number): boolean {
  try {
    // The format is `pid (name) state parent group …`. The name may contain spaces and parentheses.
    const stat = readFileSync(statPath, 'utf8');
    const [state, , memberOf] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(memberOf) === group && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

function commandLine(entry: string): string {
  try {
    return readFileSync(`/proc/${entry}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function signalReaches(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH';
}
