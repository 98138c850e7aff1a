/** The radiants of a tab: its own, and adopted ones of its device. */
import { Lifecycles } from '../../cluster/lifecycle.ts';
import type { Environment } from '../../radiant/environment.ts';
import { FOUNDING_KEY } from '../../storage/keys.ts';
import type { MemoryConnection } from '../../storage/memory/memory-connection.ts';
import { type ShardbearerError, StorageLostError } from '../../wire/errors.ts';
import type { Reply } from '../../wire/frames/frame.ts';
import { type BootId, type ClusterId, type RadiantId, idFromBytes } from '../../wire/identifiers.ts';
import { TIMES } from '../../wire/times.ts';
import type { Times } from '../../wire/times.ts';
import { encodeFoundingRecord } from '../../wire/records/record-codec.ts';
import type { SimulatedDevice } from './device.ts';
import type { EventLoop } from './event-loop.ts';
import type { SimulatedNetwork } from '../network/network.ts';
import type { Observer } from './observer.ts';
import type { Random } from '../random.ts';
import { type RadiantContext, RunningRadiant } from './running-radiant.ts';
import type { Timeline } from '../timeline.ts';
import type { Trace } from '../trace.ts';
import { check } from '../violation.ts';

export interface ResidentsOptions {
  readonly name: string;
  readonly device: SimulatedDevice;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly network: SimulatedNetwork;
  readonly trace: Trace;
  readonly observers: readonly Observer[];
  readonly settings: RadiantContext['settings'];
  readonly times: Times;
  /** Whether the tab made the cluster's secret. That tab founds the cluster, once. */
  readonly founder: boolean;
  /** Whether the tab adopts identities that closed tabs of its device left behind. */
  readonly adopts: boolean;
}

export interface ResidentsHooks {
  environment(label: string): Environment;
  replied(reply: Reply): void;
  /** The view of the first radiant has changed. The tab's client uses that view. */
  viewChanged(radiant: RunningRadiant): void;
  /** Another radiant, or another boot, has become the first one. */
  firstChanged(radiant: RunningRadiant): void;
  /** The last running radiant stopped because of this error. */
  down(error: ShardbearerError): void;
  /** An action may have left effects, which the host must perform. */
  pump(): void;
}

const REOPEN_RETRY_MS = 200;
const ADOPTION_CHECK_MS = 400;
const LIMIT_OF_ADOPTED = 8;

export class Residents {
  readonly #options: ResidentsOptions;
  readonly #loop: EventLoop;
  readonly #hooks: ResidentsHooks;
  #boots = 0;
  #founded = false;
  #own: RadiantId | undefined;
  readonly #running: RunningRadiant[] = [];
  /** By identity: its lifecycles. Identities that run here, or will run again, are included. */
  readonly #lifecycles = new Map<RadiantId, Lifecycles>();
  /** Identities whose database is being created or reopened. */
  readonly #opening = new Set<RadiantId>();
  /** The identities of `#opening` that are new. */
  readonly #creating = new Set<RadiantId>();

  constructor(options: ResidentsOptions, loop: EventLoop, hooks: ResidentsHooks) {
    this.#options = options;
    this.#loop = loop;
    this.#hooks = hooks;
  }

  /** The running radiants. The tab's own radiant comes first, then adopted ones. */
  get running(): readonly RunningRadiant[] {
    return this.#running;
  }

  /** The identity that this tab reopens. */
  get own(): RadiantId | undefined {
    return this.#own;
  }

  /** Starts a radiant when the tab opens. The tab reopens its own identity or a free one, or creates one. */
  takeUpSome(): void {
    const { device } = this.#options;
    const free = this.#own !== undefined && device.isFree(this.#own) ? this.#own : device.freeIdentities()[0]?.radiant;
    if (free === undefined) this.#create();
    else this.#takeUp(free, true);
  }

  /** Starts the repeated check for identities that were free long enough to be adopted. */
  beginAdopting(): void {
    if (this.#options.adopts) this.#loop.planned(ADOPTION_CHECK_MS, () => this.#adopt());
  }

  end(goodbye: boolean): void {
    const { device, name } = this.#options;
    for (const radiant of this.#running.splice(0)) {
      radiant.end(goodbye);
      device.release(radiant.radiant, name);
    }
    for (const radiant of this.#opening) {
      device.crash(radiant);
      if (this.#creating.has(radiant) && !device.disk.radiants().includes(radiant)) this.#wasNever(radiant);
      else device.release(radiant, name);
    }
    this.#opening.clear();
    this.#creating.clear();
    this.#lifecycles.clear();
    if (this.#own !== undefined) device.release(this.#own, name);
  }

  /** Forgets an identity whose database was never created. Such an identity lost nothing. */
  #wasNever(radiant: RadiantId): void {
    this.#options.device.forget(radiant);
    if (this.#own === radiant) this.#own = undefined;
  }

  #create(): void {
    const { random, founder, device } = this.#options;
    const radiant = idFromBytes<RadiantId>(random.bytes(16));
    const founds = founder && !this.#founded;
    const cluster = idFromBytes<ClusterId>(random.bytes(16));
    const value = encodeFoundingRecord({ cluster, configuration: undefined });
    const records = founds ? [{ kind: 'put' as const, key: FOUNDING_KEY, value }] : [];
    this.#lock(radiant);
    this.#creating.add(radiant);
    this.#own = radiant;
    const flush = device.disk.create({ radiant, device: device.id, boot: this.#newBoot() }, records);
    const run = this.#inThisLife((connection: MemoryConnection) => this.#run(connection));
    const again = this.#loop.inThisLife(() => {
      this.#opening.delete(radiant);
      this.#creating.delete(radiant);
      this.#own = undefined;
      this.#loop.planned(REOPEN_RETRY_MS, () => this.takeUpSome());
    });
    device.perform(
      'open',
      flush,
      (connection) => {
        this.#founded ||= founds;
        run(connection);
      },
      () => {
        device.forget(radiant);
        again();
      },
    );
  }

  #takeUp(radiant: RadiantId, own: boolean): void {
    const { device } = this.#options;
    this.#lock(radiant);
    if (own) this.#own = radiant;
    device.perform(
      'open',
      device.disk.reopen(radiant, this.#newBoot()),
      this.#inThisLife((connection) => this.#run(connection)),
      this.#inThisLife((error) => {
        this.#opening.delete(radiant);
        this.#lifecyclesOf(radiant).fail();
        this.#couldNotRun(radiant, error);
      }),
    );
  }

  #lock(radiant: RadiantId): void {
    this.#options.device.lock(radiant, this.#options.name);
    this.#opening.add(radiant);
  }

  #run(connection: MemoryConnection): void {
    this.#opening.delete(connection.radiant);
    this.#creating.delete(connection.radiant);
    const { name, device, network, timeline, trace, observers, settings } = this.#options;
    const boot = `${name}.${++this.#boots}`;
    this.#record('boot', () => `${boot} is ${connection.radiant} for the ${connection.startCounter}. time`);
    const { generation } = this.#loop;
    const running = this.#start(connection, {
      name: boot,
      place: name,
      device,
      network,
      timeline,
      trace,
      observers,
      settings,
      lifecycles: this.#lifecyclesOf(connection.radiant),
      environment: this.#hooks.environment(`radiant ${this.#boots}`),
      whenAwake: (action) => {
        if (generation === this.#loop.generation) this.#loop.whenAwake(action);
      },
      replied: (reply) => this.#hooks.replied(reply),
      viewChanged: (radiant) => {
        if (radiant === this.#running[0]) this.#hooks.viewChanged(radiant);
      },
      halted: (radiant, error) => this.#halted(radiant, error),
    });
    if (running === undefined || running.ended) return;
    this.#running.push(running);
    if (this.#running[0] === running) this.#hooks.firstChanged(running);
    this.#hooks.pump();
  }

  /** Starts a boot. Undefined: the records on the disk are damaged. */
  #start(connection: MemoryConnection, context: RadiantContext): RunningRadiant | undefined {
    try {
      return new RunningRadiant(connection, context);
    } catch (error) {
      if (!(error instanceof StorageLostError)) throw error;
      this.#couldNotRun(connection.radiant, error);
      return undefined;
    }
  }

  /** Handles the stop of a radiant. Its identity is reopened or retired. */
  #halted(radiant: RunningRadiant, error: ShardbearerError): void {
    this.#lifecyclesOf(radiant.radiant).fail();
    radiant.end(true);
    const at = this.#running.indexOf(radiant);
    if (at !== -1) this.#running.splice(at, 1);
    const next = this.#running[0];
    if (next === undefined) this.#hooks.down(error);
    else if (at === 0) this.#hooks.firstChanged(next);
    this.#couldNotRun(radiant.radiant, error);
  }

  #couldNotRun(radiant: RadiantId, error: ShardbearerError): void {
    const { name, device, observers } = this.#options;
    this.#record('stopped', () => `${radiant}: ${error.code}`);
    check(error.code !== 'INVARIANT_BROKEN', 'no invariant breaks', () => `${name}: ${causesOf(error)}`);
    if (error.code === 'STORAGE_LOST') {
      this.#lifecycles.delete(radiant);
      device.disk.wipe(radiant);
      device.forget(radiant);
      for (const observer of observers) observer.retired?.(radiant);
      if (radiant !== this.#own) return;
      this.#own = undefined;
      this.#loop.planned(REOPEN_RETRY_MS, () => this.takeUpSome());
      return;
    }
    const own = radiant === this.#own;
    // The tab keeps the Web Lock until the next attempt.
    this.#opening.add(radiant);
    this.#loop.planned(REOPEN_RETRY_MS, () => {
      this.#lifecyclesOf(radiant).reset();
      this.#takeUp(radiant, own);
    });
  }

  #lifecyclesOf(radiant: RadiantId): Lifecycles {
    const known = this.#lifecycles.get(radiant);
    if (known !== undefined) return known;
    const lifecycles = new Lifecycles((transition) => {
      for (const observer of this.#options.observers) observer.entered?.(transition);
    });
    this.#lifecycles.set(radiant, lifecycles);
    return lifecycles;
  }

  #adopt(): void {
    this.#loop.planned(ADOPTION_CHECK_MS, () => this.#adopt());
    if (this.#loop.isFrozen || this.#running.length >= LIMIT_OF_ADOPTED) return;
    const latestMs = this.#options.timeline.nowMs - TIMES.host.adoptionDelayMs;
    const free = this.#options.device.freeIdentities().find(({ sinceMs }) => sinceMs <= latestMs);
    if (free === undefined) return;
    this.#record('adopted', () => free.radiant);
    this.#takeUp(free.radiant, false);
  }

  /** Wraps an action. The result does nothing after the tab has ended. */
  #inThisLife<Argument>(action: (argument: Argument) => void): (argument: Argument) => void {
    const { generation } = this.#loop;
    return (argument) => {
      if (generation === this.#loop.generation) action(argument);
    };
  }

  #newBoot(): BootId {
    return idFromBytes<BootId>(this.#options.random.bytes(16));
  }

  #record(event: string, describe?: () => string): void {
    this.#options.trace.record(this.#options.name, event, undefined, describe);
  }
}

function causesOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${causesOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
