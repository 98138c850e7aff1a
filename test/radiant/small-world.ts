/** A few radiants with their clients in virtual time. Only the test causes faults. */
import { Client } from '../../src/client/client.ts';
import type { AlgorithmChoice } from '../../src/consensus/algorithms.ts';
import type { Call, CallNumber, CallOutcome } from '../../src/client/contract.ts';
import type { FoundingOptions, RadiantOptions, RadiantView } from '../../src/radiant/contract.ts';
import type { RadiantEffect, RadiantEvent } from '../../src/radiant/event.ts';
import { Radiant } from '../../src/radiant/radiant.ts';
import { FOUNDING_KEY } from '../../src/storage/keys.ts';
import type { RecordChange } from '../../src/storage/contract.ts';
import type { MemoryConnection } from '../../src/storage/memory/memory-connection.ts';
import { MemoryDisk } from '../../src/storage/memory/memory-disk.ts';
import type { ShardbearerError } from '../../src/wire/errors.ts';
import { isShardbearerError } from '../../src/wire/errors.ts';
import { decodeFrame, encodeFrame } from '../../src/wire/frames/frame-codec.ts';
import type { Frame } from '../../src/wire/frames/frame.ts';
import type { BootId, ClusterId, DeviceId, LinkId, OrderId, RadiantId } from '../../src/wire/identifiers.ts';
import { asLinkId, idFromBytes } from '../../src/wire/identifiers.ts';

import { encodeFoundingRecord } from '../../src/wire/records/record-codec.ts';
import { TIMES } from '../../src/wire/times.ts';

export { append, bytes, get, gist, put, remove } from './calls.ts';

const LATENCY_MS = 2;

export interface Tab {
  readonly name: string;
  readonly id: RadiantId;
  readonly disk: MemoryDisk;
  radiant: Radiant;
  connection: MemoryConnection;
  client: Client;
  alive: boolean;
  halted: ShardbearerError | undefined;
  /** Number of starts of the tab. Events for an earlier start are dropped. */
  life: number;
  /** Events that wait until the tab thaws. Undefined: the tab is not frozen. */
  frozen: (() => void)[] | undefined;
  readonly links: Map<LinkId, { readonly other: Tab; readonly otherLink: LinkId }>;
  readonly outcomes: Map<CallNumber, CallOutcome>;
  /** Radiants to which the tab's radiant requested a direct link. */
  readonly sought: Set<RadiantId>;
}

export interface StartOptions {
  readonly founder?: boolean;
  readonly durable?: boolean;
  readonly disk?: MemoryDisk;
  readonly device?: DeviceId;
  /** Id of the radiant. Default: a new random id. */
  readonly id?: RadiantId;
  /** Records that the database holds when the tab opens. */
  readonly records?: readonly RecordChange[];
  readonly role?: RadiantOptions['role'] | undefined;
  /** Founding options of the radiant. Default: those of the world. */
  readonly founding?: FoundingOptions | undefined;
}

/**
 * Options of a world. Default: a replication factor of 3. One order is founded as soon as that many tabs are present.
 */
export type WorldOptions = Partial<
  Pick<RadiantOptions, 'checkpointLogBytes' | 'replicationFactor' | 'founding' | 'joins' | 'machines'>
>;

/** A radiant that computes its view at most once after each event, because tests query the views after each event. */
class ViewedRadiant extends Radiant {
  #view: RadiantView | undefined;

  override handle(event: RadiantEvent): void {
    this.#view = undefined;
    super.handle(event);
  }

  override view(): RadiantView {
    this.#view ??= super.view();
    return this.#view;
  }
}

export class SmallWorld {
  readonly tabs = new Map<string, Tab>();
  readonly #queue: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];
  readonly #algorithm: AlgorithmChoice;
  readonly #options: WorldOptions;
  nowMs = 1_000;
  /** The machines of the application in tabs that open from now on. */
  machines: NonNullable<RadiantOptions['machines']>;
  timerMs: number = TIMES.raft.tickMs;
  #order = 0;
  #ids = 0;
  #links = 0;
  #random: number;
  flushMs: (tab: Tab) => number = () => 1;
  /** Returns true for each frame that is lost. */
  loses: ((from: Tab, to: Tab, frame: Frame) => boolean) | undefined;
  /** Returns true for each frame that arrives twice. */
  duplicates: ((frame: Frame) => boolean) | undefined;
  /** Additional latency of a frame in milliseconds. */
  delayMs: ((frame: Frame) => number) | undefined;
  /** Changes a frame between sender and receiver. */
  changes: ((from: Tab, to: Tab, frame: Frame) => Frame) | undefined;
  /** Receives every effect before the effect is performed. */
  observes: (tab: Tab, effect: RadiantEffect) => void = () => undefined;

  constructor(algorithm: AlgorithmChoice = 'raft', seed = 1, options: WorldOptions = {}) {
    this.#algorithm = algorithm;
    this.#options = options;
    this.machines = options.machines ?? [];
    this.#random = seed;
  }

  tab(name: string): Tab {
    const tab = this.tabs.get(name);
    if (tab === undefined) throw new Error(`there is no tab ${name}`);
    return tab;
  }

  newId<Id extends RadiantId | DeviceId | BootId | ClusterId | OrderId>(): Id {
    this.#ids += 1;
    const bytes = new Uint8Array(16);
    // Ids are looked up by their first bytes, so the first bytes must differ, as in random ids.
    bytes[0] = this.#ids % 256;
    new DataView(bytes.buffer).setUint32(1, this.#ids);
    return idFromBytes<Id>(bytes);
  }

  open(name: string, options: StartOptions = {}): Tab {
    const { founder = false, durable = true, disk = new MemoryDisk(), device = this.newId<DeviceId>() } = options;
    const { id = this.newId<RadiantId>(), records = [], role, founding } = options;
    const cluster = this.newId<ClusterId>();
    const first = founder
      ? [
          {
            kind: 'put' as const,
            key: FOUNDING_KEY,
            value: encodeFoundingRecord({ cluster, configuration: undefined }),
          },
        ]
      : records;
    const identity = { radiant: id, device, boot: this.newId<BootId>() };
    const connection = disk.create(identity, first).complete();
    const tab = { name, id, disk, connection, alive: true, halted: undefined, life: 0, frozen: undefined };
    const whole: Tab = {
      ...tab,
      radiant: this.#radiant(connection, durable, { role, founding }),
      client: this.#client(),
      links: new Map(),
      outcomes: new Map(),
      sought: new Set(),
    };
    this.tabs.set(name, whole);
    this.#begin(whole);
    return whole;
  }

  /** Kills a tab. Unflushed writes are lost, and its links stay open and silent. */
  kill(name: string): void {
    const tab = this.tab(name);
    tab.alive = false;
    tab.life += 1;
    tab.disk.crash(tab.id);
  }

  /** Freezes a tab. All events that waited happen at once when it thaws. */
  freeze(name: string): void {
    this.tab(name).frozen ??= [];
  }

  thaw(name: string): void {
    const tab = this.tab(name);
    const waiting = tab.frozen ?? [];
    tab.frozen = undefined;
    for (const happen of waiting) happen();
  }

  /** Reopens a killed tab. Its radiant is the same, with a new boot. */
  reopen(name: string): Tab {
    const tab = this.tab(name);
    for (const link of tab.links.keys()) this.#closeLink(tab, link, 'failed');
    tab.connection = tab.disk.reopen(tab.id, this.newId<BootId>()).complete();
    tab.radiant = this.#radiant(tab.connection, true);
    tab.client = this.#client();
    tab.outcomes.clear();
    tab.alive = true;
    tab.halted = undefined;
    tab.life += 1;
    this.#begin(tab);
    return tab;
  }

  link(one: string, other: string): void {
    const [left, right] = [this.tab(one), this.tab(other)];
    const [leftLink, rightLink] = [this.#link(), this.#link()];
    left.links.set(leftLink, { other: right, otherLink: rightLink });
    right.links.set(rightLink, { other: left, otherLink: leftLink });
    this.#after(0, () => this.#tellOpened(left, leftLink, right));
    this.#after(0, () => this.#tellOpened(right, rightLink, left));
  }

  linkAll(...names: readonly string[]): void {
    for (const [at, name] of names.entries()) for (const other of names.slice(at + 1)) this.link(name, other);
  }

  unlink(one: string, other: string, reason: 'failed' | 'goodbye' = 'failed'): void {
    const [tab, target] = [this.tab(one), this.tab(other)];
    for (const [link, { other: end }] of tab.links) if (end === target) this.#closeLink(tab, link, reason);
  }

  event(name: string, event: RadiantEvent): void {
    const tab = this.tab(name);
    if (!tab.alive) return;
    if (tab.frozen !== undefined) {
      tab.frozen.push(() => this.event(name, event));
      return;
    }
    tab.radiant.handle(event);
    this.#perform(tab);
  }

  call(name: string, call: Call): CallNumber {
    const tab = this.tab(name);
    const number = tab.client.call(call);
    this.#performClient(tab);
    return number;
  }

  /** Makes a call, and advances virtual time until the call is settled. */
  ask(name: string, call: Call, patienceMs = 15_000): CallOutcome {
    const number = this.call(name, call);
    const { outcomes } = this.tab(name);
    this.until(() => outcomes.has(number), patienceMs);
    const outcome = outcomes.get(number);
    if (outcome === undefined) throw new Error('not settled');
    return outcome;
  }

  /** Delivers a frame at once, over the link between its sender and its receiver. */
  deliver(frame: Frame): void {
    const from = this.#byId(frame.sender);
    const to = this.#byId(frame.receiver);
    const link = [...to.links].find(([, { other }]) => other === from)?.[0];
    if (link === undefined) throw new Error('there is no such link');
    this.event(to.name, { kind: 'transport', event: { kind: 'frame', link, bytes: encodeFrame(frame) } });
  }

  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }

  until(condition: () => boolean, patienceMs = 20_000): void {
    const endMs = this.nowMs + patienceMs;
    while (!condition()) {
      const next = this.#next(endMs);
      if (next === undefined) throw new Error(`still not so after ${patienceMs} ms of virtual time`);
      this.nowMs = next.atMs;
      next.run();
    }
  }

  herald(): Tab | undefined {
    return [...this.tabs.values()].find(
      (tab) => tab.alive && tab.radiant.view().orders.some(({ replica }) => replica?.role === 'leader'),
    );
  }

  #byId(id: RadiantId): Tab {
    const tab = [...this.tabs.values()].find((candidate) => candidate.id === id);
    if (tab === undefined) throw new Error(`there is no tab of ${id}`);
    return tab;
  }

  #begin(tab: Tab): void {
    const { life } = tab;
    const tick = () => {
      if (!tab.alive || tab.life !== life) return;
      if (tab.frozen === undefined) {
        tab.radiant.handle({ kind: 'tick' });
        this.#perform(tab);
        tab.client.handle({ kind: 'tick' });
        this.#performClient(tab);
      }
      this.#after(this.timerMs, tick);
    };
    this.#after(TIMES.raft.tickMs, tick);
    this.#perform(tab);
  }

  #perform(tab: Tab): void {
    for (const effect of tab.radiant.takeEffects()) {
      this.observes(tab, effect);
      if (!tab.alive) return;
      this.#performOne(tab, effect);
    }
  }

  #performOne(tab: Tab, effect: RadiantEffect): void {
    switch (effect.kind) {
      case 'send':
        this.#carry(tab, effect.link, effect.bytes);
        return;
      case 'write':
        this.#write(tab, effect);
        return;
      case 'reply':
        tab.client.handle({ kind: 'reply', reply: effect.reply });
        this.#performClient(tab);
        return;
      case 'view-changed':
        tab.client.handle({ kind: 'view', view: tab.radiant.view() });
        this.#performClient(tab);
        return;
      case 'halt':
        tab.halted = effect.error;
        return;
      case 'connect':
        tab.sought.add(effect.radiant);
        return;
      case 'associate':
      case 'disconnect':
      case 'signal':
        return;
    }
  }

  #performClient(tab: Tab): void {
    for (const effect of tab.client.takeEffects()) {
      if (effect.kind === 'settle') tab.outcomes.set(effect.call, effect.outcome);
      else this.#later(tab, 0, () => this.event(tab.name, effect));
    }
  }

  #write(tab: Tab, { write, batch }: Extract<RadiantEffect, { kind: 'write' }>): void {
    const flush = tab.connection.beginWrite(batch);
    this.#later(tab, this.flushMs(tab), () => {
      try {
        flush.complete();
      } catch (error) {
        if (!isShardbearerError(error)) throw error;
        this.event(tab.name, { kind: 'write-failed', write, error });
        return;
      }
      this.event(tab.name, { kind: 'written', write });
    });
  }

  #carry(tab: Tab, link: LinkId, bytes: Uint8Array): void {
    const end = tab.links.get(link);
    if (end === undefined) return;
    const { loses, duplicates, delayMs, changes } = this;
    const isWatched = [loses, duplicates, delayMs, changes].some((watch) => watch !== undefined);
    const frame = isWatched ? readableFrame(bytes) : undefined;
    if (frame !== undefined && loses?.(tab, end.other, frame) === true) return;
    const { other, otherLink } = end;
    const arriving = frame === undefined || changes === undefined ? bytes : encodeFrame(changes(tab, other, frame));
    const arrive = () => {
      if (!other.links.has(otherLink)) return;
      this.event(other.name, { kind: 'transport', event: { kind: 'frame', link: otherLink, bytes: arriving } });
    };
    this.#later(other, LATENCY_MS + (frame === undefined ? 0 : (delayMs?.(frame) ?? 0)), arrive);
    if (frame !== undefined && duplicates?.(frame) === true) this.#later(other, 7 * LATENCY_MS, arrive);
  }

  #tellOpened(tab: Tab, link: LinkId, { id, connection, radiant }: Tab): void {
    const neighbour = { radiant: id, boot: connection.boot, cluster: radiant.view().cluster };
    this.event(tab.name, { kind: 'transport', event: { kind: 'link-opened', link, neighbour } });
  }

  #closeLink(tab: Tab, link: LinkId, reason: 'failed' | 'goodbye'): void {
    const end = tab.links.get(link);
    if (end === undefined) return;
    tab.links.delete(link);
    end.other.links.delete(end.otherLink);
    this.event(tab.name, { kind: 'transport', event: { kind: 'link-closed', link, reason: 'closed' } });
    this.event(end.other.name, { kind: 'transport', event: { kind: 'link-closed', link: end.otherLink, reason } });
  }

  #radiant(database: MemoryConnection, durable: boolean, own: Pick<StartOptions, 'role' | 'founding'> = {}): Radiant {
    const { replicationFactor = 3 } = this.#options;
    const { role = 'member', founding = this.#options.founding ?? { radiants: replicationFactor, orders: 1 } } = own;
    const environment = this.#environment();
    const { machines } = this;
    const terms = { environment, algorithm: this.#algorithm, replicationFactor, ...this.#options, machines };
    return new ViewedRadiant({ ...terms, database, durable, role, founding });
  }

  #client(): Client {
    return new Client({ environment: this.#environment() });
  }

  #environment() {
    return {
      nowMs: () => this.nowMs,
      random: () => this.#draw(),
      randomBytes: (length: number) => Uint8Array.from({ length }, () => Math.floor(this.#draw() * 256)),
      times: TIMES,
    };
  }

  /** A linear congruential generator. Its quality suffices for timeouts, and equal seeds give equal numbers. */
  #draw(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  }

  #later(tab: Tab, delayMs: number, run: () => void): void {
    const { life } = tab;
    this.#after(delayMs, () => {
      if (tab.alive && tab.life === life) run();
    });
  }

  #after(delayMs: number, run: () => void): void {
    this.#order += 1;
    this.#queue.push({ atMs: this.nowMs + delayMs, order: this.#order, run });
    this.#queue.sort((one, other) => one.atMs - other.atMs || one.order - other.order);
  }

  #next(endMs: number) {
    const [first] = this.#queue;
    if (first === undefined || first.atMs > endMs) return undefined;
    return this.#queue.shift();
  }

  #link(): LinkId {
    this.#links += 1;
    return asLinkId(this.#links);
  }
}

/** Decodes a frame. Undefined: the frame cannot be decoded. A relay also forwards a body that it does not decode. */
function readableFrame(bytes: Uint8Array): Frame | undefined {
  try {
    return decodeFrame(bytes);
  } catch {
    return undefined;
  }
}

/** Opens three linked tabs, and waits until they have formed an order with a herald. */
export function threeTabs(algorithm: AlgorithmChoice = 'raft', seed = 1, options: WorldOptions = {}): SmallWorld {
  const world = new SmallWorld(algorithm, seed, options);
  world.open('a', { founder: true });
  world.open('b');
  world.open('c');
  world.linkAll('a', 'b', 'c');
  world.until(() => [...world.tabs.values()].every(isLed));
  return world;
}

/**
 * Opens `count` linked tabs, and waits until every order has a herald. Tab t1 founds the cluster as soon as all are
 * present.
 */
export function foundedTabs(count: number, options: WorldOptions = {}, seed = 1): SmallWorld {
  const founding = { radiants: count, ...options.founding };
  const world = new SmallWorld('raft', seed, { ...options, founding });
  const names = Array.from({ length: count }, (_, at) => `t${at + 1}`);
  for (const [at, name] of names.entries()) world.open(name, { founder: at === 0 });
  world.linkAll(...names);
  world.until(() => names.every((name) => isLed(world.tab(name))));
  return world;
}

/** Whether a tab knows the herald of every order, and the bondsmith. */
export function isLed(tab: Tab): boolean {
  const { orders, bondsmith } = tab.radiant.view();
  return bondsmith?.herald !== undefined && orders.length > 0 && orders.every(({ herald }) => herald !== undefined);
}
