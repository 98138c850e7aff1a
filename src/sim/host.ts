/** A tab: it runs radiants and one client in virtual time, and can be closed, killed, frozen and slowed. */
import { Client } from '../client/client.ts';
import type { Call, CallNumber, CallOutcome, ClientMachine } from '../client/contract.ts';
import type { Environment } from '../radiant/environment.ts';
import { FOUNDING_KEY } from '../storage/keys.ts';
import type { MemoryConnection } from '../storage/memory/memory-connection.ts';
import { type ShardbearerError, StorageLostError } from '../wire/errors.ts';
import { type BootId, type ClusterId, type RadiantId, idFromBytes } from '../wire/identifiers.ts';
import { INTERVALS } from '../wire/limits.ts';
import { encodeFoundingRecord } from '../wire/record-codec.ts';
import type { SimulatedDevice } from './device.ts';
import type { SimulatedNetwork } from './network.ts';
import type { Observer } from './observer.ts';
import type { Random } from './random.ts';
import { type RadiantSurroundings, RunningRadiant } from './running-radiant.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';
import { check } from './violation.ts';

export interface HostOptions {
  readonly name: string;
  readonly device: SimulatedDevice;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly network: SimulatedNetwork;
  readonly trace: Trace;
  readonly observers: readonly Observer[];
  readonly settings: RadiantSurroundings['settings'];
  /** Made the secret: it founds the cluster, once. */
  readonly founder: boolean;
  /** Takes up identities of its device that others left behind. */
  readonly adopts: boolean;
}

/** Undefined: the tab ended before the call did. */
export type Settled = (outcome: CallOutcome | undefined) => void;

const BOOT_MS: readonly [number, number] = [5, 40];
const REOPEN_RETRY_MS = 200;
const ADOPTION_CHECK_MS = 400;
/** Between two events that waited in a tab that thawed: timers come in between. */
const EVENT_MS = 0.01;

export class SimulatedHost {
  readonly name: string;
  readonly device: SimulatedDevice;
  tickMs: number = INTERVALS.tickMs;
  readonly #options: HostOptions;
  /** Counts the starts of this tab: whatever was planned for an earlier one is void. */
  #generation = 0;
  #open = false;
  #boots = 0;
  #founded = false;
  /** The identity that this tab comes back as. */
  #own: RadiantId | undefined;
  readonly #radiants: RunningRadiant[] = [];
  /** Identities whose database this tab is making or reopening. */
  readonly #opening = new Set<RadiantId>();
  #client: ClientMachine | undefined;
  readonly #calls = new Map<CallNumber, Settled>();
  #frozen = false;
  #tickMissed = false;
  /** How far its clocks have jumped forward. */
  #skippedMs = 0;
  /** Timers that came due in a frozen tab. */
  readonly #overdue: (() => void)[] = [];
  /** Messages and completions that it has not taken yet. */
  readonly #backlog: (() => void)[] = [];
  #isDraining = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.name = options.name;
    this.device = options.device;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get isFrozen(): boolean {
    return this.#frozen;
  }

  /** The radiants that run here now: its own first, then adopted ones. */
  get radiants(): readonly RunningRadiant[] {
    return this.#radiants;
  }

  /** Whether calls can be made. */
  get isReady(): boolean {
    return this.#open && this.#client !== undefined && this.#radiants.length > 0;
  }

  /** Opens the tab: it comes back as the radiant that it was, if that is free. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    this.#record('opened');
    this.#client = new Client({ environment: this.#environment('client') });
    const { random } = this.#options;
    this.#planned(random.between(...BOOT_MS), () => this.#takeUpSome());
    this.#planned(random.between(0, this.tickMs), () => this.#tick());
    if (this.#options.adopts) this.#planned(ADOPTION_CHECK_MS, () => this.#adopt());
  }

  /** Killed: nothing is said, unflushed writes are lost. */
  kill(): void {
    this.#end(false);
  }

  /** Closed by a person: the page says goodbye. */
  close(): void {
    if (!this.#open) return;
    if (!this.#frozen) for (const radiant of this.#radiants.slice()) radiant.handle({ kind: 'page-hidden-for-good' });
    this.#pump();
    this.#end(true);
  }

  /** Nothing happens in this tab until it thaws; then all that waited does, at once. */
  freeze(): void {
    if (!this.#open || this.#frozen) return;
    this.#record('frozen');
    this.#frozen = true;
  }

  /** What waited happens now, one thing after another: first the timers that came due, each once. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#record('thawed');
    this.#frozen = false;
    const isTickDue = this.#tickMissed;
    this.#tickMissed = false;
    if (isTickDue) this.#tick();
    for (const action of this.#overdue.splice(0)) action();
    this.#drain();
  }

  /** Its clocks jump forward. */
  skipTime(milliseconds: number): void {
    this.#record('clock-skipped');
    this.#skippedMs += milliseconds;
  }

  /** Runs it now; in a frozen tab, as one of the first things when it thaws. */
  whenThawed(action: () => void): void {
    if (this.#frozen) this.#overdue.push(action);
    else action();
  }

  /** The identity that this tab comes back as. */
  get identity(): RadiantId | undefined {
    return this.#own;
  }

  /** Calls the store from this tab's own client. */
  call(call: Call, settled: Settled): void {
    if (this.#client === undefined) {
      settled(undefined);
      return;
    }
    this.#calls.set(this.#client.call(call), settled);
    this.#pump();
  }

  #end(goodbye: boolean): void {
    if (!this.#open) return;
    this.#record(goodbye ? 'closed' : 'killed');
    this.#generation++;
    this.#open = false;
    this.#frozen = false;
    this.#tickMissed = false;
    this.#backlog.length = 0;
    this.#isDraining = false;
    for (const radiant of this.#radiants.splice(0)) {
      radiant.end(goodbye);
      this.device.release(radiant.radiant);
    }
    for (const radiant of this.#opening) {
      this.device.crash(radiant);
      this.device.release(radiant);
    }
    this.#opening.clear();
    if (this.#own !== undefined) this.device.release(this.#own);
    this.#client = undefined;
    const unsettled = [...this.#calls.values()];
    this.#calls.clear();
    for (const settled of unsettled) settled(undefined);
    for (const action of this.#overdue.splice(0)) action();
  }

  #tick(): void {
    this.#planned(this.tickMs, () => (this.#frozen ? this.#missTick() : this.#tick()));
    for (const radiant of this.#radiants.slice()) radiant.handle({ kind: 'tick' });
    this.#client?.handle({ kind: 'tick' });
    this.#pump();
  }

  #missTick(): void {
    this.#tickMissed = true;
  }

  /** Does something later, unless this tab has ended by then. */
  #planned(delayMs: number, action: () => void): void {
    const generation = this.#generation;
    this.#options.timeline.after(delayMs, () => {
      if (generation === this.#generation) action();
    });
  }

  /** One event after another, in order: what comes while earlier ones wait goes behind them. */
  #whenAwake(action: () => void): void {
    if (this.#frozen || this.#isDraining) {
      this.#backlog.push(action);
      return;
    }
    action();
    this.#pump();
  }

  #drain(): void {
    if (this.#frozen) return;
    const action = this.#backlog.shift();
    this.#isDraining = action !== undefined;
    if (action === undefined) return;
    action();
    this.#pump();
    this.#planned(EVENT_MS, () => this.#drain());
  }

  #takeUpSome(): void {
    const { device } = this;
    const free = this.#own !== undefined && device.isFree(this.#own) ? this.#own : device.freeIdentities()[0]?.radiant;
    if (free === undefined) this.#create();
    else this.#takeUp(free, true);
  }

  #create(): void {
    const { random, founder } = this.#options;
    const radiant = idFromBytes<RadiantId>(random.bytes(16));
    const founds = founder && !this.#founded;
    const cluster = idFromBytes<ClusterId>(random.bytes(16));
    const records = founds
      ? [
          {
            kind: 'put' as const,
            key: FOUNDING_KEY,
            value: encodeFoundingRecord({ cluster, configuration: undefined }),
          },
        ]
      : [];
    this.#lock(radiant);
    this.#own = radiant;
    const flush = this.device.disk.create({ radiant, device: this.device.id, boot: this.#newBoot() }, records);
    const generation = this.#generation;
    this.device.perform(
      flush,
      (connection) => {
        this.#founded ||= founds;
        this.#run(connection, generation);
      },
      () => {
        this.device.forget(radiant);
        if (generation !== this.#generation) return;
        this.#opening.delete(radiant);
        this.#own = undefined;
        this.#planned(REOPEN_RETRY_MS, () => this.#takeUpSome());
      },
    );
  }

  #takeUp(radiant: RadiantId, own: boolean): void {
    this.#lock(radiant);
    if (own) this.#own = radiant;
    const generation = this.#generation;
    this.device.perform(
      this.device.disk.reopen(radiant, this.#newBoot()),
      (connection) => this.#run(connection, generation),
      (error) => {
        if (generation !== this.#generation) return;
        this.#opening.delete(radiant);
        this.#couldNotRun(radiant, error);
      },
    );
  }

  #lock(radiant: RadiantId): void {
    this.device.lock(radiant, this.name);
    this.#opening.add(radiant);
  }

  #run(connection: MemoryConnection, generation: number): void {
    if (generation !== this.#generation) return;
    this.#opening.delete(connection.radiant);
    const boot = `${this.name}.${++this.#boots}`;
    this.#record('boot', () => `${boot} is ${connection.radiant} for the ${connection.startCounter}. time`);
    const { device } = this;
    const { network, timeline, trace, observers, settings } = this.#options;
    const running = this.#start(connection, {
      name: boot,
      place: this.name,
      device,
      network,
      timeline,
      trace,
      observers,
      settings,
      environment: this.#environment(`radiant ${this.#boots}`),
      whenAwake: (action) => {
        if (generation === this.#generation) this.#whenAwake(action);
      },
      replied: (reply) => this.#client?.handle({ kind: 'reply', reply }),
      viewChanged: (radiant) => {
        if (radiant === this.#radiants[0]) this.#client?.handle({ kind: 'view', view: radiant.view() });
      },
      halted: (radiant, error) => this.#halted(radiant, error),
    });
    if (running === undefined || running.ended) return;
    this.#radiants.push(running);
    if (this.#radiants[0] === running) {
      this.#client?.handle({ kind: 'radiant-restarted' });
      this.#client?.handle({ kind: 'view', view: running.view() });
    }
    this.#pump();
  }

  /** Undefined: what it found on its disk is damaged. */
  #start(connection: MemoryConnection, surroundings: RadiantSurroundings): RunningRadiant | undefined {
    try {
      return new RunningRadiant(connection, surroundings);
    } catch (error) {
      if (!(error instanceof StorageLostError)) throw error;
      this.#couldNotRun(connection.radiant, error);
      return undefined;
    }
  }

  /** A radiant that stopped is thrown away; its identity starts anew, or is retired. */
  #halted(radiant: RunningRadiant, error: ShardbearerError): void {
    radiant.end(true);
    const at = this.#radiants.indexOf(radiant);
    if (at !== -1) this.#radiants.splice(at, 1);
    if (at === 0) {
      this.#client?.handle({ kind: 'radiant-restarted' });
      const next = this.#radiants[0];
      if (next !== undefined) this.#client?.handle({ kind: 'view', view: next.view() });
    }
    this.#couldNotRun(radiant.radiant, error);
  }

  #couldNotRun(radiant: RadiantId, error: ShardbearerError): void {
    this.#record('stopped', () => `${radiant}: ${error.code}`);
    check(error.code !== 'INVARIANT_BROKEN', 'no invariant breaks', () => `${this.name}: ${causesOf(error)}`);
    if (error.code === 'STORAGE_LOST') {
      this.device.disk.wipe(radiant);
      this.device.forget(radiant);
      for (const observer of this.#options.observers) observer.retired?.(radiant);
      if (radiant !== this.#own) return;
      this.#own = undefined;
      this.#planned(REOPEN_RETRY_MS, () => this.#takeUpSome());
      return;
    }
    const own = radiant === this.#own;
    // Its lock ends with the tab, also while it waits for the next attempt.
    this.#opening.add(radiant);
    this.#planned(REOPEN_RETRY_MS, () => this.#takeUp(radiant, own));
  }

  /** Takes up what other tabs of this device have left behind for long enough. */
  #adopt(): void {
    this.#planned(ADOPTION_CHECK_MS, () => this.#adopt());
    if (this.#frozen || this.#radiants.length >= LIMIT_OF_ADOPTED) return;
    const latestMs = this.#options.timeline.nowMs - INTERVALS.adoptionDelayMs;
    const free = this.device.freeIdentities().find(({ sinceMs }) => sinceMs <= latestMs);
    if (free === undefined) return;
    this.#record('adopted', () => free.radiant);
    this.#takeUp(free.radiant, false);
  }

  /** Performs what the client caused, until nothing is left. */
  #pump(): void {
    for (
      let effects = this.#client?.takeEffects() ?? [];
      effects.length > 0;
      effects = this.#client?.takeEffects() ?? []
    ) {
      for (const effect of effects) {
        if (effect.kind === 'request') {
          this.#radiants[0]?.handle({ kind: 'request', order: effect.order, request: effect.request });
        } else {
          const settled = this.#calls.get(effect.call);
          this.#calls.delete(effect.call);
          settled?.(effect.outcome);
        }
      }
    }
  }

  #newBoot(): BootId {
    return idFromBytes<BootId>(this.#options.random.bytes(16));
  }

  /** Every boot has a clock with an origin and a speed of its own. */
  #environment(label: string): Environment {
    const { timeline, random } = this.#options;
    const own = random.fork(`${label} ${this.#generation}`);
    const originMs = timeline.nowMs - own.between(0, 1_000_000);
    const speed = own.between(0.995, 1.005);
    return {
      nowMs: () => (timeline.nowMs - originMs) * speed + this.#skippedMs,
      random: () => own.next(),
      randomBytes: (length) => own.bytes(length),
    };
  }

  #record(event: string, describe?: () => string): void {
    this.#options.trace.record(this.name, event, undefined, describe);
  }
}

const LIMIT_OF_ADOPTED = 8;

/** The stack of an error and of what caused it. */
function causesOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${causesOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
