/**
 * A world in virtual time. It holds tabs with the production radiants and clients, their disks, and the network between
 * them.
 */
import type { Call, CallOutcome } from '../../client/contract.ts';
import type { AlgorithmChoice } from '../../consensus/algorithms.ts';
import type { FoundingOptions, OrderView } from '../../radiant/contract.ts';
import { assert } from '../../wire/assertion.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { TIMES, type Times } from '../../wire/times.ts';
import { SimulatedDevice } from './device.ts';
import { type HostOptions, SimulatedHost } from './host.ts';
import { SimulatedNetwork } from '../network/network.ts';
import type { Observer } from './observer.ts';
import { Random } from '../random.ts';
import type { RunningRadiant } from './running-radiant.ts';
import { ledger } from '../ledger.ts';
import { Timeline } from '../timeline.ts';
import { Trace, type TraceLine } from '../trace.ts';
import { Violation } from '../violation.ts';

/** How the cluster of a world is founded. */
export type Founding = FoundingOptions;

export interface WorldOptions {
  readonly seed: number;
  /** Number of tabs. The first tab founds the cluster. Default 3. */
  readonly hosts?: number;
  /** Number of tabs on one device. Each client tab has its own device. Default 1. */
  readonly hostsOnDevice?: number;
  /** Whether tabs adopt identities of their device. Default: true if tabs share devices. */
  readonly adopts?: boolean;
  readonly replicationFactor?: number;
  /** How the cluster is founded. Default: one order with one shard, once all member tabs are present. */
  readonly founding?: Founding;
  readonly times?: Times;
  /** Number of tabs without a durable member. They are the last tabs. Default 0. */
  readonly clientTabs?: number;
  readonly algorithm?: AlgorithmChoice;
  /** Log size after which a replica makes a checkpoint. Default `LIMITS.log.checkpointLogBytes`. */
  readonly checkpointLogBytes?: number;
  /** Pairs of tab numbers. No direct link opens between the two tabs of a pair. Default: none. */
  readonly unlinked?: readonly (readonly [number, number])[];
  readonly observers?: readonly Observer[];
  readonly traceListener?: (line: TraceLine) => void;
}

export class World {
  readonly random: Random;
  readonly timeline = new Timeline();
  readonly trace: Trace;
  readonly network: SimulatedNetwork;
  readonly times: Times;
  readonly devices: readonly SimulatedDevice[];
  readonly hosts: readonly SimulatedHost[];

  constructor(options: WorldOptions) {
    this.random = new Random(options.seed, 'world');
    this.times = options.times ?? TIMES;
    this.trace = new Trace(() => this.timeline.nowMs, options.traceListener);
    this.network = new SimulatedNetwork(this.timeline, this.random.fork('network'), this.trace);
    const count = options.hosts ?? 3;
    const perDevice = options.hostsOnDevice ?? 1;
    const members = count - (options.clientTabs ?? 0);
    const shared = Math.ceil(members / perDevice);
    this.devices = Array.from({ length: shared + count - members }, (_, at) => {
      const name = `device${at + 1}`;
      return new SimulatedDevice(name, this.timeline, this.random.fork(name));
    });
    this.hosts = Array.from({ length: count }, (_, at) => {
      const name = `tab${at + 1}`;
      const isClient = at >= members;
      const device = this.devices[isClient ? shared + at - members : Math.floor(at / perDevice)];
      assert(device !== undefined, 'every tab has a device');
      return new SimulatedHost({
        name,
        device,
        timeline: this.timeline,
        random: this.random.fork(name),
        network: this.network,
        trace: this.trace,
        observers: options.observers ?? [],
        settings: settingsOf(options, isClient),
        times: this.times,
        founder: at === 0,
        adopts: !isClient && (options.adopts ?? perDevice > 1),
      });
    });
    for (const [one, other] of options.unlinked ?? [])
      this.network.neverLink(this.host(one).name, this.host(other).name);
  }

  get nowMs(): number {
    return this.timeline.nowMs;
  }

  host(number: number): SimulatedHost {
    const host = this.hosts[number - 1];
    assert(host !== undefined, `the world has a tab ${number}`);
    return host;
  }

  runFor(milliseconds: number): void {
    this.timeline.runUntil(this.nowMs + milliseconds);
  }

  /**
   * Advances virtual time until the condition holds.
   * @throws {Violation} if it does not hold within `withinMs`
   */
  runUntil(
    condition: () => boolean,
    withinMs: number,
    what: string | (() => string) = 'the awaited condition',
    stepMs = 10,
  ): void {
    const untilMs = this.nowMs + withinMs;
    // The condition is checked every `stepMs`, because most events do not change it.
    while (!condition()) {
      if (this.nowMs >= untilMs) {
        const missing = typeof what === 'string' ? what : what();
        throw new Violation('liveness', `${missing} did not happen within ${withinMs} ms`);
      }
      this.runFor(stepMs);
    }
  }

  form(withinMs = 10_000, tabs = this.hosts): void {
    for (const tab of tabs) tab.open();
    this.runUntil(() => tabs.every(isInformed), withinMs, 'formation');
  }

  /** The latest configuration that any tab knows. Undefined: the cluster is not formed. */
  configuration(): Configuration | undefined {
    let latest: Configuration | undefined;
    for (const radiant of this.radiants()) {
      const known = radiant.configuration();
      if (known !== undefined && known.number > (latest?.number ?? 0)) latest = known;
    }
    return latest;
  }

  /** By order, the bondsmith's included: the running radiant that leads in the latest term. */
  heralds(): ReadonlyMap<OrderId, RunningRadiant> {
    const latest = new Map<OrderId, { radiant: RunningRadiant; term: number }>();
    for (const radiant of this.radiants()) {
      for (const { order, replica } of radiant.replicas()) {
        if (replica.role !== 'leader' || replica.term <= (latest.get(order)?.term ?? -1)) continue;
        latest.set(order, { radiant, term: replica.term });
      }
    }
    return new Map([...latest].map(([order, { radiant }]) => [order, radiant]));
  }

  bondsmith(): RunningRadiant | undefined {
    const order = this.configuration()?.bondsmith?.id;
    return order === undefined ? undefined : this.heralds().get(order);
  }

  hostOf(radiant: RunningRadiant | undefined): SimulatedHost | undefined {
    return radiant === undefined ? undefined : this.hosts.find(({ radiants }) => radiants.includes(radiant));
  }

  herald(): RunningRadiant | undefined {
    const order = this.configuration()?.orders[0]?.id;
    return order === undefined ? undefined : this.heralds().get(order);
  }

  radiants(): readonly RunningRadiant[] {
    return this.hosts.flatMap((host) => host.radiants);
  }

  /**
   * Calls the store from a tab and advances virtual time until the answer.
   * @throws {Violation} if no answer comes
   */
  callAndWait(host: SimulatedHost, call: Call, withinMs = 15_000): CallOutcome {
    let answer: { readonly outcome: CallOutcome | undefined } | undefined;
    host.call(call, (outcome) => {
      answer = { outcome };
    });
    this.runUntil(() => answer !== undefined, withinMs, `an answer to ${host.name}`);
    const outcome = answer?.outcome;
    if (outcome === undefined) throw new Violation('liveness', `${host.name} ended before it answered`);
    return outcome;
  }
}

function settingsOf(options: WorldOptions, isClient: boolean): HostOptions['settings'] {
  const { replicationFactor = 3, algorithm = 'raft', checkpointLogBytes, hosts = 3, clientTabs = 0 } = options;
  const founding = options.founding ?? { radiants: hosts - clientTabs, orders: 1, shards: 1 };
  return {
    replicationFactor,
    algorithm,
    durable: !isClient,
    role: isClient ? 'client' : 'member',
    ...(checkpointLogBytes === undefined ? {} : { checkpointLogBytes }),
    machines: [ledger],
    founding,
  };
}

/** Whether a tab knows the herald of every order, and the bondsmith. */
function isInformed(host: SimulatedHost): boolean {
  const view = host.radiants[0]?.view();
  if (view?.formation.kind !== 'formed' || view.orders.some(({ herald }) => herald === undefined)) return false;
  return view.bondsmith?.herald !== undefined;
}

export function orderOf(host: SimulatedHost): OrderView | undefined {
  return host.radiants[0]?.view().orders[0];
}
