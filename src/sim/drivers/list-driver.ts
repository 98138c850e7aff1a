/**
 * Applications that list all keys, in small pages. A list counts as one read of each key, which took place at some moment
 * between the beginning and the end of the list.
 */
import type { CallOutcome } from '../../client/contract.ts';
import { ListMerge } from '../../client/list-merge.ts';
import { isShardbearerError } from '../../wire/errors.ts';
import type { ListedEntry } from '../../wire/frames/frame.ts';
import { asSlot, SLOT_COUNT } from '../../wire/identifiers.ts';
import type { CoverageListener } from '../coverage.ts';
import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import { check } from '../violation.ts';
import type { SimulatedHost } from '../world/host.ts';
import { BULK_KEYS } from './keys.ts';
import type { ReadInHistory, Workload } from './workload.ts';

/** So few entries that a list of the keys of a world needs several pages. */
const PAGE_ENTRIES = 3;
const MEAN_PAUSE_MS = 4_000;
const ALL_SLOTS = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1) };

export class ListDriver {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #workload: Workload;
  readonly #covered: CoverageListener;
  #isStopped = false;
  #count = 0;

  constructor(timeline: Timeline, random: Random, workload: Workload, covered: CoverageListener) {
    this.#timeline = timeline;
    this.#random = random;
    this.#workload = workload;
    this.#covered = covered;
  }

  start(hosts: readonly SimulatedHost[]): void {
    for (const host of hosts) this.#pause(host);
  }

  stop(): void {
    this.#isStopped = true;
  }

  #pause(host: SimulatedHost): void {
    this.#timeline.after(this.#random.exponential(MEAN_PAUSE_MS), () => this.#run(host));
  }

  #run(host: SimulatedHost): void {
    if (this.#isStopped) return;
    if (!host.isReady || host.isFrozen) return this.#pause(host);
    this.#count += 1;
    const process = `${host.name}/list ${this.#count}`;
    const { appended, mixed } = this.#workload.keys;
    const reads = new Map(
      [...appended, ...mixed, ...BULK_KEYS].map((key) => [key, this.#workload.beginRead(`${process} ${key}`, key)]),
    );
    const isReversed = this.#random.chance(0.5);
    const selection = { from: undefined, to: undefined, isReversed, limit: PAGE_ENTRIES };
    this.#step(host, { merge: new ListMerge(selection, [[ALL_SLOTS]]), isReversed, reads, found: [], pages: 0 });
  }

  #step(host: SimulatedHost, list: RunningList): void {
    const { merge, found } = list;
    found.push(...merge.takeEntries());
    if (merge.isOver) return this.#end(host, list);
    const requests = merge.takeRequests();
    let pending = requests.length;
    for (const request of requests) {
      this.#call(host, request.call, (outcome) => {
        pending -= 1;
        if (outcome?.kind === 'page') {
          list.pages += 1;
          if (outcome.covered.at(-1)?.last !== request.call.slots.at(-1)?.last) this.#covered('list-divided');
          merge.answered(request, outcome);
        } else list.hasFailed = true;
        if (pending > 0) return;
        if (list.hasFailed === true) this.#fail(host, list);
        else this.#step(host, list);
      });
    }
  }

  #call(
    host: SimulatedHost,
    call: Parameters<SimulatedHost['call']>[0],
    done: (outcome: CallOutcome | undefined) => void,
  ): void {
    try {
      host.call(call, done);
    } catch (error) {
      if (!isShardbearerError(error)) throw error;
      done(undefined);
    }
  }

  #end(host: SimulatedHost, { found, isReversed, reads, pages }: RunningList): void {
    const keys = found.map(({ key }) => decoder.decode(key));
    const listed = isReversed ? keys.toReversed() : keys;
    check(
      listed.every((key, at) => at === 0 || (listed[at - 1] ?? '') < key),
      'a list is in order and has each key once',
      () => keys.join(' '),
    );
    const entries = new Map(found.map((entry, at) => [keys[at], entry]));
    for (const [key, read] of reads) read.answered(entries.get(key));
    this.#covered(pages > 1 ? 'list-of-pages' : 'list-of-one-page');
    this.#pause(host);
  }

  #fail(host: SimulatedHost, { reads }: RunningList): void {
    for (const read of reads.values()) read.failed();
    this.#covered('list-failed');
    this.#pause(host);
  }
}

interface RunningList {
  readonly merge: ListMerge;
  readonly isReversed: boolean;
  readonly reads: ReadonlyMap<string, ReadInHistory>;
  readonly found: ListedEntry[];
  pages: number;
  hasFailed?: boolean;
}

const decoder = new TextDecoder();
