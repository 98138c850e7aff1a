/**
 * The stage of a course scenario. It has servers that form one order, tabs for clients, and methods that isolate, kill
 * and reopen tabs. `judge` checks all answers to clients at the end.
 */
import { SystemSafety } from '../../../src/sim/checkers/system-safety.ts';
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import { checkLinearizability } from '../../../src/sim/linearizability/check.ts';
import { keyValueModel, type KeyValueInput } from '../../../src/sim/linearizability/key-value-model.ts';
import { CALM, type Conditions } from '../../../src/sim/network/conditions.ts';
import type { Random } from '../../../src/sim/random.ts';
import type { TraceLine } from '../../../src/sim/trace.ts';
import { check } from '../../../src/sim/violation.ts';
import { Workload } from '../../../src/sim/drivers/workload.ts';
import { orderOf, World } from '../../../src/sim/world/world.ts';
import type { ReplicaView } from '../../../src/radiant/contract.ts';
import { TIMES } from '../../../src/wire/times.ts';
import { DiskMeter } from './disk-meter.ts';
import { existing } from './existing.ts';
import { Sides } from './sides.ts';
import { Traffic } from './traffic.ts';

export interface StageOptions {
  readonly servers: number;
  /** Number of tabs without a replica, for clients only. Default 0. */
  readonly clientTabs?: number;
  readonly conditions?: Conditions;
  /**
   * Number of keys that commands write in turn. A small number keeps the state small. Default: each command has its own
   * key.
   */
  readonly commandKeys?: number;
  /** Log size in bytes that triggers a checkpoint. Default: the limit of production. */
  readonly checkpointLogBytes?: number;
  readonly traceListener?: (line: TraceLine) => void;
}

/** A write of a value that no other command writes. */
export interface Command {
  readonly key: string;
  state: 'open' | 'written' | 'failed';
}

/** Time in which a silent herald is replaced, if no two candidates compete. */
export const ELECTION_MS = 2 * TIMES.raft.electionTicks * TIMES.raft.tickMs;
/** Time for several elections, and for the links of a reopened tab. */
const PATIENCE_MS = 15_000;
/** Patience on an unreliable network, where up to nine of ten elections may fail. */
const PATIENCE_IN_BAD_WEATHER_MS = 120_000;
export class Stage {
  readonly world: World;
  readonly servers: readonly SimulatedHost[];
  readonly clientTabs: readonly SimulatedHost[];
  /** Random draws of the stage itself. */
  readonly random: Random;
  readonly traffic = new Traffic();
  readonly disks = new DiskMeter();
  readonly workload: Workload;
  readonly patienceMs: number;
  readonly #commandKeys: number | undefined;
  readonly #keys = new Set<string>();
  readonly #sides: Sides;
  #commands = 0;

  constructor(seed: number, options: StageOptions) {
    const { servers, clientTabs = 0, conditions = CALM, checkpointLogBytes, traceListener } = options;
    this.#commandKeys = options.commandKeys;
    this.world = new World({
      seed,
      hosts: servers + clientTabs,
      replicationFactor: servers,
      ...(checkpointLogBytes === undefined ? {} : { checkpointLogBytes }),
      ...(traceListener === undefined ? {} : { traceListener }),
      observers: [...new SystemSafety().observers, this.traffic, this.disks],
    });
    this.world.network.conditions = conditions;
    this.#sides = new Sides(this.world);
    this.patienceMs = conditions === CALM ? PATIENCE_MS : PATIENCE_IN_BAD_WEATHER_MS;
    this.servers = this.world.hosts.slice(0, servers);
    this.clientTabs = this.world.hosts.slice(servers);
    this.random = this.world.random.fork('examiner');
    const { timeline, trace } = this.world;
    const nobody = { processesInTab: 0, pauseMs: 0, bulkBytes: 0, bulkShare: 0 };
    this.workload = new Workload(timeline, trace, this.world.random.fork('workload'), nobody);
  }

  /**
   * Opens the servers, and waits until they have a leader and log no entries of their own. Then opens the tabs of
   * clients.
   */
  open(): void {
    for (const server of this.servers) server.open();
    this.#until(() => this.servers.every(isInformed), 'the first election');
    this.#until(() => this.servers.every(isFounded), 'that the order has the members of the founding');
    for (const tab of this.clientTabs) tab.open();
    this.#until(() => this.clientTabs.every(isInformed), 'that clients know the herald');
  }

  /** The servers that are open and not isolated. */
  get present(): readonly SimulatedHost[] {
    return this.servers.filter((server) => server.isOpen && !this.#sides.isApart(server));
  }

  /** Waits until one of these servers leads in the latest term. */
  leader(among = this.present): SimulatedHost {
    const found = (): SimulatedHost | undefined => leaderAmong(among);
    this.#until(() => found() !== undefined, 'an election');
    return existing(found());
  }

  /** Waits up to `milliseconds` for a leader among the present servers. */
  leaderWithin(milliseconds: number): SimulatedHost | undefined {
    const untilMs = this.world.nowMs + milliseconds;
    let leader = leaderAmong(this.present);
    for (; leader === undefined && this.world.nowMs < untilMs; leader = leaderAmong(this.present))
      this.world.runFor(10);
    return leader;
  }

  /** Lets time pass. Fails if one of these servers begins to lead, or leads at the end. */
  nobodyLeads(among: readonly SimulatedHost[], forMs: number): void {
    // A leader that lost its quorum steps down once it has missed the answers for this time.
    this.world.runFor(2 * ELECTION_MS);
    const untilMs = this.world.nowMs + forMs;
    while (this.world.nowMs < untilMs) {
      const leader = among.find((server) => replicaOf(server)?.role === 'leader');
      check(leader === undefined, 'nobody leads without a majority', () => `${leader?.name} does`);
      this.world.runFor(10);
    }
  }

  others(...but: readonly SimulatedHost[]): readonly SimulatedHost[] {
    return this.servers.filter((server) => !but.includes(server));
  }

  /** The server that follows this one after a number of places, with all servers in a ring. */
  after(server: SimulatedHost, places: number): SimulatedHost {
    return existing(this.servers[(this.servers.indexOf(server) + places) % this.servers.length]);
  }

  /** Isolates each of the tabs. All frames from and to it are lost. */
  isolate(...tabs: readonly SimulatedHost[]): void {
    this.#sides.isolate(...tabs);
  }

  /** Separates the tabs from all others. The separated tabs still reach each other. */
  separate(...tabs: readonly SimulatedHost[]): void {
    this.#sides.separate(...tabs);
  }

  rejoin(...tabs: readonly SimulatedHost[]): void {
    this.#sides.rejoin(...tabs);
  }

  /** Ends partitions and loss of frames, and reopens killed tabs. */
  heal(): void {
    this.world.network.conditions = CALM;
    this.rejoin(...this.world.hosts);
    for (const tab of this.world.hosts) tab.open();
  }

  kill(...tabs: readonly SimulatedHost[]): void {
    for (const tab of tabs) tab.kill();
  }

  reopen(...tabs: readonly SimulatedHost[]): void {
    for (const tab of tabs) tab.open();
    this.#until(() => tabs.every((tab) => tab.isReady), 'that killed tabs come back');
  }

  /** Starts a write of a new value in a tab, without waiting for the answer. */
  command(tab: SimulatedHost, valueBytes = 0): Command {
    const number = ++this.#commands;
    const ownKey = this.#commandKeys === undefined;
    const command: Command = { key: `command/${number % (this.#commandKeys ?? Infinity)}`, state: 'open' };
    const value = `${number}.`.padEnd(valueBytes, '-');
    // A command with a key of its own appends. The final value then shows whether the command took effect once.
    const kind = ownKey ? 'append' : 'put';
    this.call(tab, tab.name, { kind, key: command.key, value }, (isDone) => {
      command.state = isDone ? 'written' : 'failed';
    });
    return command;
  }

  commands(tab: SimulatedHost, count: number): readonly Command[] {
    return Array.from({ length: count }, () => this.command(tab));
  }

  /** Makes a call whose answer becomes part of the checked history. */
  call(tab: SimulatedHost, process: string, input: KeyValueInput, done: (isDone: boolean) => void): void {
    this.#keys.add(input.key);
    this.workload.call(tab, process, input, (output) => done(output !== undefined));
  }

  written(commands: readonly Command[]): void {
    this.#until(() => commands.every(({ state }) => state !== 'open'), `an answer to ${commands.length} commands`);
    const failed = commands.find(({ state }) => state === 'failed');
    check(failed === undefined, 'a majority is enough', () => `${failed?.key} was not written`);
  }

  /** Lets time pass. Fails if one of the servers commits an entry, or if one of the commands succeeds. */
  nothingCommits(commands: readonly Command[], servers = this.servers, forMs = 2_000): void {
    const committed = (): number => Math.max(...servers.map((server) => replicaOf(server)?.committed ?? 0));
    const committedBefore = committed();
    this.world.runFor(forMs);
    const written = commands.find(({ state }) => state === 'written');
    check(written === undefined, 'nothing commits without a majority', () => `${written?.key} was written`);
    check(
      committed() === committedBefore,
      'nothing commits without a majority',
      () => `entry ${committed()} is committed, and ${committedBefore} was before`,
    );
  }

  /** Lets the leader write a new value, and waits until `holders` servers have applied it. */
  agree(holders = this.present.length, valueBytes = 0): void {
    const untilMs = this.world.nowMs + this.patienceMs;
    for (;;) {
      const command = this.command(this.leader(), valueBytes);
      this.#until(() => command.state !== 'open', 'an answer', untilMs - this.world.nowMs);
      if (command.state === 'written') break;
    }
    this.applied(this.appliedBy(this.leader()), holders);
  }

  /** Waits until `holders` servers have applied the log up to the index. */
  applied(index: number, holders: number): void {
    const haveApplied = (): number => this.servers.filter((server) => this.appliedBy(server) >= index).length;
    this.#until(() => haveApplied() >= holders, `that ${holders} servers apply entry ${index}`);
  }

  appliedBy(server: SimulatedHost): number {
    return replicaOf(server)?.applied ?? 0;
  }

  /** Heals all faults and waits until all servers have the same state. Then reads every key and checks the history. */
  judge(): void {
    this.heal();
    this.#until(() => this.world.hosts.every(isInformed), 'that all tabs know a herald');
    this.#until(() => this.workload.open === 0, 'an answer to every call');
    this.agree(this.servers.length);
    this.#lookAtAll();
    const history = this.workload.history();
    const verdict = checkLinearizability(history, keyValueModel());
    check(verdict.linearizable, 'linearizability', () => (verdict.linearizable ? '' : verdict.explanation));
    const { breach } = this.workload.stamps;
    check(breach === undefined, 'versionstamps follow real time', () => breach ?? '');
  }

  #lookAtAll(): void {
    const [reader] = this.servers;
    let read = 0;
    for (const key of this.#keys) {
      this.call(existing(reader), 'the examiner', { kind: 'get', key }, (isDone) => {
        if (isDone) read++;
      });
    }
    this.#until(() => read === this.#keys.size, 'a last read of every key');
  }

  #until(condition: () => boolean, what: string, withinMs = this.patienceMs): void {
    this.world.runUntil(condition, withinMs, what);
  }
}

export function replicaOf(server: SimulatedHost): ReplicaView | undefined {
  return orderOf(server)?.replica;
}

/** The server that leads in the latest term that any of these servers knows. */
function leaderAmong(servers: readonly SimulatedHost[]): SimulatedHost | undefined {
  const term = Math.max(...servers.map((server) => replicaOf(server)?.term ?? 0));
  return servers.find((server) => {
    const replica = replicaOf(server);
    return replica?.role === 'leader' && replica.term === term;
  });
}

/** Whether the herald has logged the target membership of the founding, which it does once. */
function isFounded(server: SimulatedHost): boolean {
  const target = replicaOf(server)?.target;
  return target !== undefined && target.number > 0 && target.isReached;
}

function isInformed(tab: SimulatedHost): boolean {
  return orderOf(tab)?.herald !== undefined;
}
