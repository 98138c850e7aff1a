/**
 * Applications that watch all keys. Some of them take changes slowly, some sleep until the end, and some stop and
 * continue from their position.
 */
import type { SlotRange } from '../../client/contract.ts';
import { Watcher, type WatchEvent, type WatchRequest } from '../../client/watcher.ts';
import { isShardbearerError } from '../../wire/errors.ts';
import { asSlot, SLOT_COUNT } from '../../wire/identifiers.ts';
import { type WatchHistory, WatchedKeys } from '../checkers/watch-history.ts';
import type { CoverageListener } from '../coverage.ts';
import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { SimulatedHost } from '../world/host.ts';

const RETRY_MS = 300;
const MEAN_PAUSE_MS = 3_000;
const SLOW_SHARE = 0.05;
const RESUMING_SHARE = 0.05;
/** Share of the applications that sleep until the end, so that their positions leave the windows. */
const SLEEPING_SHARE = 0.3;
const ALL_SLOTS: SlotRange = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1) };
const ALL_KEYS = { from: undefined, to: undefined, slots: [ALL_SLOTS] };

interface Application {
  readonly host: SimulatedHost;
  readonly sleeps: boolean;
  keys: WatchedKeys;
  watcher: Watcher;
  /** The latest positions from which the application could continue. */
  positions: Watcher['positions'];
  isPaused: boolean;
}

export class WatchDriver {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #history: WatchHistory;
  readonly #covered: CoverageListener;
  readonly #applications: Application[] = [];
  #isEnding = false;

  constructor(timeline: Timeline, random: Random, history: WatchHistory, covered: CoverageListener) {
    this.#timeline = timeline;
    this.#random = random;
    this.#history = history;
    this.#covered = covered;
  }

  start(hosts: readonly SimulatedHost[]): void {
    for (const host of hosts) this.#add(host, this.#random.chance(SLEEPING_SHARE));
  }

  /** Wakes all applications. From now on none of them pauses. */
  end(): void {
    this.#isEnding = true;
    for (const application of this.#applications) {
      application.isPaused = false;
      this.#advance(application);
    }
  }

  /** Starts an application that reads all current values. */
  addReader(host: SimulatedHost): void {
    this.#add(host, false);
  }

  /** Whether all applications see the same contents, as far as their tabs are open. */
  get areEqual(): boolean {
    const open = this.#applications.filter(({ host }) => host.isReady);
    return open.every(
      ({ keys, watcher }) => watcher.positions !== undefined && keys.contents === open[0]?.keys.contents,
    );
  }

  describe(): string {
    return this.#applications
      .map(
        ({ host, keys, watcher }) => `${host.name} ${watcher.positions === undefined ? 'reads' : ''} ${keys.contents}`,
      )
      .join('\n');
  }

  check(): void {
    for (const { keys } of this.#applications) keys.checkWhole();
  }

  #add(host: SimulatedHost, sleeps: boolean): void {
    const keys = new WatchedKeys(`${host.name}/watch ${this.#applications.length}`, this.#history);
    const watcher = new Watcher(ALL_KEYS);
    const application = { host, sleeps, keys, watcher, positions: undefined, isPaused: false };
    this.#applications.push(application);
    this.#retry(application, watcher);
  }

  #retry(application: Application, watcher: Watcher): void {
    this.#timeline.after(RETRY_MS, () => {
      if (application.watcher === watcher) this.#advance(application);
    });
  }

  /** Takes all events and asks all questions, unless the application pauses. */
  #advance(application: Application): void {
    const { host, watcher } = application;
    if (application.isPaused) return;
    if (!host.isReady || host.isFrozen) return this.#retry(application, watcher);
    for (let event = watcher.take(); event !== undefined; event = watcher.take()) {
      this.#take(application, event);
      application.positions = watcher.positions;
      if (this.#pauses(application)) return;
    }
    application.positions = watcher.positions;
    if (application.positions !== undefined && this.#random.chance(RESUMING_SHARE)) return this.#resume(application);
    for (const request of watcher.takeRequests(partitionOf(host))) this.#ask(application, watcher, request);
  }

  #take({ keys }: Application, event: WatchEvent): void {
    if (event.kind === 'resync') {
      keys.resynced();
      this.#covered('watch-resynced');
    } else if (event.kind === 'entry') keys.listed(event.entry);
    else {
      keys.changed(event.change);
      this.#covered('watch-change');
    }
  }

  #pauses(application: Application): boolean {
    if (this.#isEnding) return false;
    const sleeps = application.sleeps && application.positions !== undefined;
    if (!sleeps && !this.#random.chance(SLOW_SHARE)) return false;
    application.isPaused = true;
    if (!sleeps) {
      this.#timeline.after(this.#random.exponential(MEAN_PAUSE_MS), () => {
        if (!application.isPaused) return;
        application.isPaused = false;
        this.#advance(application);
      });
    }
    return true;
  }

  /** Begins another watch where the application stopped. Without a position, the application forgets everything. */
  #resume(application: Application): void {
    const { positions } = application;
    if (positions === undefined) application.keys.resynced();
    else this.#covered('watch-resumed');
    application.watcher = new Watcher(ALL_KEYS, positions);
    this.#retry(application, application.watcher);
  }

  #ask(application: Application, watcher: Watcher, request: WatchRequest): void {
    const { host } = application;
    try {
      host.call(request.call, (outcome) => {
        if (application.watcher !== watcher) return;
        // The tab has ended, and its next page continues.
        if (outcome === undefined) return this.#resume(application);
        if (outcome.kind === 'page' || outcome.kind === 'changes') {
          watcher.answered(request, outcome);
          this.#advance(application);
        } else this.#fail(application, watcher, request);
      });
    } catch (error) {
      if (!isShardbearerError(error)) throw error;
      this.#fail(application, watcher, request);
    }
  }

  #fail(application: Application, watcher: Watcher, request: WatchRequest): void {
    this.#covered('watch-question-failed');
    this.#timeline.after(RETRY_MS, () => {
      if (application.watcher !== watcher) return;
      watcher.failed(request, this.#timeline.nowMs);
      this.#advance(application);
    });
  }
}

function partitionOf({ radiants: [own] }: SimulatedHost): readonly (readonly SlotRange[])[] {
  const orders = own?.configuration()?.orders;
  if (orders === undefined) return [[ALL_SLOTS]];
  return orders.map(({ shards }) => shards.toSorted((one, other) => one.first - other.first));
}
