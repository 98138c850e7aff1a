/**
 * The stage of the scenarios with many orders. It has tabs that form orders, tabs that come later, tabs for clients,
 * and an administrator. `judge` checks all decisions and answers at the end.
 */
import type { CallOutcome, ClientAdministration } from '../../../src/client/contract.ts';
import { orderOfRadiant } from '../../../src/cluster/configuration.ts';
import type { Observer } from '../../../src/sim/world/observer.ts';
import { SystemSafety } from '../../../src/sim/checkers/system-safety.ts';
import { CALM, type Conditions } from '../../../src/sim/network/conditions.ts';
import { Settling } from '../../../src/sim/convergence/settling.ts';
import type { SimulatedHost } from '../../../src/sim/world/host.ts';
import { checkLinearizability } from '../../../src/sim/linearizability/check.ts';
import {
  keyValueModel,
  type KeyValueInput,
  type KeyValueOutput,
} from '../../../src/sim/linearizability/key-value-model.ts';
import type { Random } from '../../../src/sim/random.ts';
import type { TraceLine } from '../../../src/sim/trace.ts';
import { check } from '../../../src/sim/violation.ts';
import { Workload } from '../../../src/sim/drivers/workload.ts';
import { World } from '../../../src/sim/world/world.ts';
import { slotOfKey } from '../../../src/store/key.ts';
import type { Configuration, Order, Shard } from '../../../src/wire/configuration/configuration.ts';
import type { OrderId, Slot } from '../../../src/wire/identifiers.ts';
import type { Scene } from '../courses/applications.ts';
import { DiskMeter } from '../courses/disk-meter.ts';
import { existing } from '../courses/existing.ts';
import { Sides } from '../courses/sides.ts';

export interface ShardStageOptions {
  readonly orders: number;
  /** Number of tabs for each order. Default 3, the replication factor. */
  readonly tabsOfOrder?: number;
  /** Number of tabs that come later. Default 0. */
  readonly spares?: number;
  /** Number of tabs without data, for clients only. Default 1. */
  readonly clientTabs?: number;
  /** Number of shards at the founding. Default 10. */
  readonly shards?: number;
  /** Whether the number of orders stays fixed. Default: as many full orders as possible. */
  readonly isOrderCountFixed?: boolean;
  readonly conditions?: Conditions;
  /** Log size in bytes that triggers a checkpoint. Default: the limit of production. */
  readonly checkpointLogBytes?: number;
  readonly observers?: readonly Observer[];
  readonly traceListener?: (line: TraceLine) => void;
}

const PATIENCE_MS = 30_000;
/** Patience on an unreliable network, where most attempts fail. */
const PATIENCE_IN_BAD_WEATHER_MS = 180_000;
/** Time between two attempts. */
const RETRY_MS = 100;
/** Time for a new tab to become a learner and then a voter, and for shards to move to it. */
const GROWTH_MS = 120_000;

export class ShardStage implements Scene {
  readonly world: World;
  readonly servers: readonly SimulatedHost[];
  readonly spares: readonly SimulatedHost[];
  readonly clientTabs: readonly SimulatedHost[];
  readonly random: Random;
  readonly safety = new SystemSafety();
  readonly disks = new DiskMeter();
  readonly workload: Workload;
  readonly patienceMs: number;
  readonly sides: Sides;
  readonly #keys = new Set<string>();
  readonly #orders: number;

  constructor(seed: number, options: ShardStageOptions) {
    const { orders, tabsOfOrder = 3, spares = 0, clientTabs = 1, conditions = CALM, checkpointLogBytes } = options;
    const servers = orders * tabsOfOrder;
    this.#orders = orders;
    this.world = new World({
      seed,
      hosts: servers + spares + clientTabs,
      clientTabs,
      replicationFactor: tabsOfOrder,
      founding: {
        radiants: servers,
        shards: options.shards ?? 10,
        ...(options.isOrderCountFixed === true ? { orders } : {}),
      },
      ...(checkpointLogBytes === undefined ? {} : { checkpointLogBytes }),
      ...(options.traceListener === undefined ? {} : { traceListener: options.traceListener }),
      observers: [...this.safety.observers, this.disks, ...(options.observers ?? [])],
    });
    this.world.network.conditions = conditions;
    this.sides = new Sides(this.world);
    this.patienceMs = conditions === CALM ? PATIENCE_MS : PATIENCE_IN_BAD_WEATHER_MS;
    const { hosts } = this.world;
    this.servers = hosts.slice(0, servers);
    this.spares = hosts.slice(servers, servers + spares);
    this.clientTabs = hosts.slice(servers + spares);
    this.random = this.world.random.fork('examiner');
    const nobody = { processesInTab: 0, pauseMs: 0, bulkBytes: 0, bulkShare: 0 };
    this.workload = new Workload(this.world.timeline, this.world.trace, this.world.random.fork('workload'), nobody);
  }

  /** Opens the tabs that form the orders, and waits until the orders exist. Then opens the tabs of clients. */
  open(): void {
    for (const tab of this.servers) tab.open();
    this.until(() => this.world.configuration() !== undefined, 'a founding');
    for (const tab of this.clientTabs) tab.open();
    const isInformed = (tab: SimulatedHost): boolean => {
      const view = tab.radiants[0]?.view();
      return view?.formation.kind === 'formed' && view.orders.every(({ herald }) => herald !== undefined);
    };
    this.until(() => [...this.servers, ...this.clientTabs].every(isInformed), 'that all know the heralds');
    check(this.orders.length === this.#orders, 'formation', () => `there are ${this.orders.length} orders`);
  }

  get configuration(): Configuration {
    return existing(this.world.configuration());
  }

  get orders(): readonly Order[] {
    return this.configuration.orders;
  }

  order(id: OrderId): Order {
    return existing(this.orders.find((order) => order.id === id));
  }

  /** The tabs whose radiants are members of the order in the configuration. */
  tabsOf(order: OrderId): readonly SimulatedHost[] {
    return this.world.hosts.filter(
      ({ identity }) => identity !== undefined && orderOfRadiant(this.configuration, identity)?.id === order,
    );
  }

  ownerOf(slot: Slot): Order {
    const owner = this.orders.find(({ shards }) => shards.some(({ first, last }) => first <= slot && slot <= last));
    return existing(owner);
  }

  bondsmithsTab(): SimulatedHost {
    this.until(() => this.world.bondsmith() !== undefined, 'that somebody decides');
    return existing(this.world.hostOf(this.world.bondsmith()));
  }

  /** The tab that makes calls by default: the first tab for clients, or else the first ready server. */
  get client(): SimulatedHost {
    return existing(this.clientTabs[0] ?? this.servers.find(({ isReady }) => isReady));
  }

  /** Makes `count` keys whose slots lie in the shard. */
  keysIn({ first, last }: Pick<Shard, 'first' | 'last'>, count: number): readonly string[] {
    const keys: string[] = [];
    for (let number = 0; keys.length < count; number++) {
      const key = `key/${number}`;
      const slot = slotOf(key);
      if (first <= slot && slot <= last) keys.push(key);
    }
    return keys;
  }

  keyOf(order: Order): string {
    return existing(this.keysIn(existing(order.shards[0]), 1)[0]);
  }

  call(tab: SimulatedHost, process: string, input: KeyValueInput, done: (isDone: boolean) => void): void {
    this.ask(tab, process, input, (output) => done(output !== undefined));
  }

  ask(
    tab: SimulatedHost,
    process: string,
    input: KeyValueInput,
    done: (output: KeyValueOutput | undefined) => void,
  ): void {
    this.#keys.add(input.key);
    this.workload.call(tab, process, input, done);
  }

  /** Makes a call and waits for the answer. Undefined: the outcome is unknown. */
  try(input: KeyValueInput, tab = this.client, withinMs = this.patienceMs): KeyValueOutput | undefined {
    let answer: { readonly output: KeyValueOutput | undefined } | undefined;
    this.ask(tab, `${tab.name}/examiner`, input, (output) => {
      answer = { output };
    });
    this.until(() => answer !== undefined, `an answer to ${input.kind} ${input.key}`, withinMs);
    return answer?.output;
  }

  /** Repeats a call until it succeeds. */
  must(input: KeyValueInput, tab = this.client, withinMs = this.patienceMs): KeyValueOutput {
    const untilMs = this.world.nowMs + withinMs;
    for (;;) {
      const output = this.try(input, tab, untilMs - this.world.nowMs);
      if (output !== undefined) return output;
      check(this.world.nowMs < untilMs, 'liveness', () => `${input.kind} ${input.key} fails for ${withinMs} ms`);
      this.world.runFor(RETRY_MS);
    }
  }

  /** Whether a read of the key succeeds within `withinMs`. */
  isServed(key: string, withinMs = 2_000, tab = this.client): boolean {
    let isAnswered = false;
    this.call(tab, `${tab.name}/probe ${key}/${this.world.nowMs}`, { kind: 'get', key }, (isDone) => {
      isAnswered ||= isDone;
    });
    const untilMs = this.world.nowMs + withinMs;
    while (!isAnswered && this.world.nowMs < untilMs) this.world.runFor(10);
    return isAnswered;
  }

  askBondsmith(administration: ClientAdministration, tab = this.client): CallOutcome {
    return this.world.callAndWait(tab, { kind: 'administer', administration }, this.patienceMs);
  }

  /** Repeats a request until the configuration includes the change. */
  administer(administration: ClientAdministration, tab = this.client): Configuration {
    const untilMs = this.world.nowMs + this.patienceMs;
    for (;;) {
      const outcome = this.askBondsmith(administration, tab);
      if (outcome.kind === 'configuration') return outcome.configuration;
      const why = outcome.kind === 'failed' ? `${outcome.error.code}: ${outcome.error.message}` : outcome.kind;
      check(
        this.world.nowMs < untilMs,
        'liveness',
        () => `${JSON.stringify(administration)} is not done in ${this.patienceMs} ms: ${why}`,
      );
      this.world.runFor(RETRY_MS);
    }
  }

  query(number: number | undefined, tab = this.client): CallOutcome {
    return this.world.callAndWait(tab, { kind: 'query', number }, this.patienceMs);
  }

  /** Waits until a moving shard has arrived at its new order. */
  arrived(slot: Slot, withinMs = this.patienceMs): void {
    const hasCome = (): boolean => {
      const shard = this.ownerOf(slot).shards.find(({ first, last }) => first <= slot && slot <= last);
      return shard?.source === undefined;
    };
    this.until(hasCome, `the arrival of the shard of slot ${slot}`, withinMs);
  }

  /** Waits until no change is due, and, if `orders` is given, until there are that many orders. */
  settle(orders?: number, withinMs = GROWTH_MS): void {
    const settling = new Settling(this.world, this.safety);
    this.world.runUntil(
      () => (orders === undefined || this.orders.length === orders) && settling.settle(),
      withinMs,
      () =>
        `${orders ?? this.orders.length} orders, of which there are ${this.orders.length}, and ${settling.describe()}`,
      100,
    );
  }

  /** Opens tabs, and waits until each has a place in an order. */
  grow(orders: number, ...tabs: readonly SimulatedHost[]): void {
    for (const tab of tabs) tab.open();
    this.settle(orders);
  }

  /** Makes tabs leave, and closes them when they have left. */
  leave(...tabs: readonly SimulatedHost[]): void {
    for (const tab of tabs) {
      const radiant = existing(tab.radiants[0]);
      radiant.handle({ kind: 'leave' });
      this.until(() => radiant.view().leaving?.kind === 'left', `that ${tab.name} is let go`, GROWTH_MS);
      tab.close();
    }
  }

  heal(): void {
    this.world.network.conditions = CALM;
    this.sides.rejoin(...this.world.hosts);
  }

  /** Heals all faults and waits until no change is due and all replicas are equal. Then checks the history. */
  judge(): void {
    this.heal();
    this.until(() => this.workload.open === 0, 'an answer to every call');
    this.settle();
    for (const key of this.#keys) this.must({ kind: 'get', key });
    const history = this.workload.history();
    const verdict = checkLinearizability(history, keyValueModel());
    check(verdict.linearizable, 'linearizability', () => (verdict.linearizable ? '' : verdict.explanation));
    const { breach } = this.workload.stamps;
    check(breach === undefined, 'versionstamps follow real time', () => breach ?? '');
  }

  until(condition: () => boolean, what: string, withinMs = this.patienceMs): void {
    this.world.runUntil(condition, withinMs, what);
  }
}

const encoder = new TextEncoder();

export function slotOf(key: string): Slot {
  return slotOfKey(encoder.encode(key));
}
