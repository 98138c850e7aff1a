import type { Lifecycles } from '../../cluster/lifecycle.ts';
import type { OwnReplica, RadiantMachine, RadiantOptions, RadiantView } from '../../radiant/contract.ts';
import type { Environment } from '../../radiant/environment.ts';
import type { RadiantEffect, RadiantEvent, WriteNumber } from '../../radiant/event.ts';
import { Radiant } from '../../radiant/radiant.ts';
import type { HeldShard } from '../../store/contract.ts';
import type { WriteBatch } from '../../storage/contract.ts';
import { StartRecords } from '../../storage/start-records.ts';
import type { MemoryConnection } from '../../storage/memory/memory-connection.ts';
import type { TransportEvent } from '../../transport/contract.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import { isShardbearerError, ShardbearerError } from '../../wire/errors.ts';
import type { Reply } from '../../wire/frames/frame.ts';
import type { BootId, ClusterId, OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { SimulatedDevice } from './device.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { SimulatedNetwork } from '../network/network.ts';
import type { ObservedRadiant, Observer } from './observer.ts';
import type { Timeline } from '../timeline.ts';
import type { Trace } from '../trace.ts';

export interface RadiantContext {
  readonly name: string;
  readonly place: string;
  readonly device: SimulatedDevice;
  readonly network: SimulatedNetwork;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly environment: Environment;
  readonly settings: Omit<RadiantOptions, 'environment' | 'database' | 'lifecycles'>;
  readonly lifecycles: Lifecycles;
  readonly observers: readonly Observer[];
  /** Runs an action now, or when the tab is no longer frozen. The action is dropped if the tab ends first. */
  whenAwake(action: () => void): void;
  replied(reply: Reply): void;
  viewChanged(radiant: RunningRadiant): void;
  halted(radiant: RunningRadiant, error: ShardbearerError): void;
}

/** One boot of the production radiant. This class performs the radiant's effects. */
export class RunningRadiant implements Endpoint, ObservedRadiant {
  readonly name: string;
  readonly place: string;
  readonly radiant: RadiantId;
  readonly boot: BootId;
  readonly machine: RadiantMachine;
  readonly #context: RadiantContext;
  readonly #connection: MemoryConnection;
  #cluster: ClusterId | undefined;
  #ended = false;
  /** The batch that the full disk refused last. */
  #refused: WriteBatch | undefined;
  #view: RadiantView | undefined;
  #replicas: readonly OwnReplica[] | undefined;

  constructor(connection: MemoryConnection, context: RadiantContext) {
    this.name = context.name;
    this.place = context.place;
    this.radiant = connection.radiant;
    this.boot = connection.boot;
    this.#connection = connection;
    this.#context = context;
    const { radiant, boot, startCounter, device } = connection;
    const records = new StartRecords(connection.takeRecords());
    for (const observer of context.observers) observer.started?.(this, records.look());
    this.machine = new Radiant({
      environment: context.environment,
      lifecycles: context.lifecycles,
      database: { radiant, boot, startCounter, device, takeRecords: () => records.take() },
      ...context.settings,
    });
    connection.onLost((error) => {
      this.#context.whenAwake(() => this.#lost(error));
    });
    this.#cluster = this.machine.view().cluster;
    context.network.attach(this);
    this.#performEffects();
  }

  get ended(): boolean {
    return this.#ended;
  }

  cluster(): ClusterId | undefined {
    return this.#cluster;
  }

  view(): RadiantView {
    this.#view ??= this.machine.view();
    return this.#view;
  }

  configuration(): Configuration | undefined {
    return this.machine.configuration();
  }

  replicas(): readonly OwnReplica[] {
    this.#replicas ??= this.machine.replicas();
    return this.#replicas;
  }

  digest(order: OrderId): string | undefined {
    return this.machine.digest(order);
  }

  shards(order: OrderId): readonly HeldShard[] | undefined {
    return this.machine.shards(order);
  }

  deliver(event: TransportEvent): void {
    this.#context.whenAwake(() => this.handle({ kind: 'transport', event }));
  }

  handle(event: RadiantEvent): void {
    if (this.#ended) return;
    this.#view = undefined;
    this.#replicas = undefined;
    if (event.kind === 'request')
      for (const observer of this.#context.observers) observer.asked?.(this, event.order, event.request);
    this.machine.handle(event);
    this.#performEffects();
    for (const observer of this.#context.observers) observer.handled?.(this);
  }

  /** Ends the boot. Its links end with a goodbye or in silence. Flushed data stays. */
  end(goodbye: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#context.network.detach(this, goodbye);
    this.#context.device.crash(this.radiant);
    for (const observer of this.#context.observers) observer.ended?.(this);
  }

  #performEffects(): void {
    // An effect may cause another event of this radiant, which calls this method recursively.
    for (let effects = this.machine.takeEffects(); effects.length > 0; effects = this.machine.takeEffects()) {
      for (const effect of effects) if (!this.#ended) this.#perform(effect);
    }
  }

  #perform(effect: RadiantEffect): void {
    const { network, trace } = this.#context;
    switch (effect.kind) {
      case 'send':
        for (const observer of this.#context.observers) observer.sent?.(this, effect.bytes);
        network.send(this, effect.link, effect.bytes, effect.urgency);
        return;
      case 'write':
        this.#write(effect.write, effect.batch);
        return;
      case 'reply':
        for (const observer of this.#context.observers) observer.replied?.(this, effect.reply);
        this.#context.replied(effect.reply);
        return;
      case 'associate':
        trace.record(this.name, 'associate', undefined, () => effect.cluster);
        this.#cluster = effect.cluster;
        return;
      case 'connect':
        network.connect(this, effect.radiant);
        return;
      case 'disconnect':
        network.disconnect(this, effect.link);
        return;
      case 'view-changed':
        this.#context.viewChanged(this);
        return;
      case 'halt':
        trace.record(this.name, 'halt', undefined, () => `${effect.error.code}: ${effect.error.message}`);
        this.#context.halted(this, effect.error);
        return;
      case 'signal':
        return;
    }
  }

  #write(write: WriteNumber, batch: WriteBatch): void {
    const { device, observers, trace } = this.#context;
    // A batch that a full disk refused is written again. Observers have already seen it.
    if (batch !== this.#refused) for (const observer of observers) observer.writeBegan?.(this, batch);
    this.#refused = undefined;
    const failed = (error: ShardbearerError): void => {
      trace.record(this.name, 'write-failed', undefined, () => error.code);
      if (error.code === 'STORAGE_FULL') this.#refused = batch;
      this.#context.whenAwake(() => this.handle({ kind: 'write-failed', write, error }));
    };
    let flush: ReturnType<MemoryConnection['beginWrite']>;
    try {
      flush = this.#connection.beginWrite(batch);
    } catch (error) {
      if (!isShardbearerError(error) || error.code === 'INVARIANT_BROKEN') throw error;
      this.#context.timeline.after(0, () => failed(error));
      return;
    }
    const flushed = (): void => {
      for (const change of batch) {
        trace.record(this.name, 'flushed', change.kind === 'put' ? change.value : undefined, () => change.key);
      }
      for (const observer of observers) observer.writeFlushed?.(this, batch);
      this.#context.whenAwake(() => this.handle({ kind: 'written', write }));
    };
    device.perform('write', flush, flushed, failed);
  }

  /** Handles the loss of a running boot's database connection. */
  #lost(error: ShardbearerError | undefined): void {
    if (this.#ended) return;
    this.#context.halted(
      this,
      error ?? new ShardbearerError('STORAGE_FAILED', 'the connection to the database was lost'),
    );
  }
}
