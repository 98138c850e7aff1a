/** A tab in virtual time, with radiants and one client. A tab can be closed, killed, frozen and slowed. */
import { Client } from '../../client/client.ts';
import type { Call, CallNumber, CallOutcome, ClientMachine } from '../../client/contract.ts';
import type { Environment } from '../../radiant/environment.ts';
import type { RadiantId } from '../../wire/identifiers.ts';
import { TIMES } from '../../wire/times.ts';
import type { SimulatedDevice } from './device.ts';
import { EventLoop } from './event-loop.ts';
import { Residents, type ResidentsOptions } from './residents.ts';
import type { RunningRadiant } from './running-radiant.ts';

export type HostOptions = ResidentsOptions;

/** Receives the outcome of a call. Undefined: the tab ended before the call did. */
export type Settled = (outcome: CallOutcome | undefined) => void;

const BOOT_MS: readonly [number, number] = [5, 40];

export class SimulatedHost {
  readonly name: string;
  readonly device: SimulatedDevice;
  tickMs: number = TIMES.raft.tickMs;
  /** Number of times that the tab was frozen. */
  freezes = 0;
  readonly #options: HostOptions;
  readonly #loop: EventLoop;
  readonly #residents: Residents;
  #open = false;
  #client: ClientMachine | undefined;
  readonly #calls = new Map<CallNumber, Settled>();
  /** Sum of all jumps of the tab's clocks. */
  #skippedMs = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.name = options.name;
    this.device = options.device;
    this.#loop = new EventLoop(options.timeline, () => this.#pump());
    this.#residents = new Residents(options, this.#loop, {
      environment: (label) => this.#environment(label),
      replied: (reply) => this.#client?.handle({ kind: 'reply', reply }),
      viewChanged: (radiant) => this.#client?.handle({ kind: 'view', view: radiant.view() }),
      firstChanged: (radiant) => {
        this.#client?.handle({ kind: 'radiant-restarted' });
        this.#client?.handle({ kind: 'view', view: radiant.view() });
      },
      down: (error) => this.#client?.handle({ kind: 'radiant-down', error }),
      pump: () => this.#pump(),
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get isFrozen(): boolean {
    return this.#loop.isFrozen;
  }

  /** The running radiants. The tab's own radiant comes first, then adopted ones. */
  get radiants(): readonly RunningRadiant[] {
    return this.#residents.running;
  }

  /** Whether the tab's radiants are durable members of orders. */
  get isMember(): boolean {
    return this.#options.settings.role !== 'client';
  }

  get isReady(): boolean {
    return this.#open && this.#client !== undefined && this.radiants.length > 0;
  }

  /** The identity that this tab reopens. */
  get identity(): RadiantId | undefined {
    return this.#residents.own;
  }

  /** Opens the tab. It reopens its earlier identity if no other tab has locked it. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    this.#record('opened');
    this.#client = new Client({ environment: this.#environment('client') });
    const { random } = this.#options;
    this.#loop.planned(random.between(...BOOT_MS), () => this.#residents.takeUpSome());
    this.#loop.planned(random.between(0, this.tickMs), () => this.#tick());
    this.#residents.beginAdopting();
  }

  /** Kills the tab. It sends no goodbye, and its unflushed writes are lost. */
  kill(): void {
    this.#end(false);
  }

  /** Closes the tab. Its page says goodbye. */
  close(): void {
    if (!this.#open) return;
    if (!this.isFrozen) for (const radiant of this.radiants.slice()) radiant.handle({ kind: 'page-hidden-for-good' });
    this.#pump();
    this.#end(true);
  }

  /** Stops the tab until it thaws. */
  freeze(): void {
    if (!this.#open || this.isFrozen) return;
    this.#record('frozen');
    this.freezes++;
    this.#loop.freeze();
  }

  thaw(): void {
    if (!this.isFrozen) return;
    this.#record('thawed');
    this.#loop.thaw();
  }

  skipTime(milliseconds: number): void {
    this.#record('clock-skipped');
    this.#skippedMs += milliseconds;
  }

  /** Runs an action now. In a frozen tab, the action runs at the beginning of the thaw. */
  whenThawed(action: () => void): void {
    this.#loop.whenThawed(action);
  }

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
    this.#open = false;
    const waiting = this.#loop.end();
    this.#residents.end(goodbye);
    this.#client = undefined;
    const unsettled = [...this.#calls.values()];
    this.#calls.clear();
    for (const settled of unsettled) settled(undefined);
    for (const action of waiting) action();
  }

  #tick(): void {
    this.#loop.plannedTick(this.tickMs, () => this.#tick());
    for (const radiant of this.radiants.slice()) radiant.handle({ kind: 'tick' });
    this.#client?.handle({ kind: 'tick' });
    this.#pump();
  }

  /** Performs the effects of the client until no effect is left. */
  #pump(): void {
    for (
      let effects = this.#client?.takeEffects() ?? [];
      effects.length > 0;
      effects = this.#client?.takeEffects() ?? []
    ) {
      for (const effect of effects) {
        if (effect.kind === 'request') {
          this.radiants[0]?.handle({ kind: 'request', order: effect.order, request: effect.request });
        } else {
          const settled = this.#calls.get(effect.call);
          this.#calls.delete(effect.call);
          settled?.(effect.outcome);
        }
      }
    }
  }

  /** The environment of one boot. Each boot has a clock with its own origin and speed. */
  #environment(label: string): Environment {
    const { timeline, random } = this.#options;
    const own = random.fork(`${label} ${this.#loop.generation}`);
    const originMs = timeline.nowMs - own.between(0, 1_000_000);
    const speed = own.between(0.995, 1.005);
    return {
      nowMs: () => (timeline.nowMs - originMs) * speed + this.#skippedMs,
      random: () => own.next(),
      randomBytes: (length) => own.bytes(length),
      times: this.#options.times,
    };
  }

  #record(event: string): void {
    this.#options.trace.record(this.name, event);
  }
}
