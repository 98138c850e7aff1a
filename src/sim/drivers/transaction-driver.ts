/**
 * Applications that make transactions. Some of them read and extend lists, for the check of strict serializability.
 * Others transfer money between accounts, and read all accounts at one point.
 */
import type { Call, CallOutcome } from '../../client/contract.ts';
import { slotOfKey } from '../../store/key.ts';
import type { KeyCheck, KeyWrite, Versionstamp } from '../../wire/entries/command.ts';
import { isShardbearerError } from '../../wire/errors.ts';
import { type BankSnapshot, checkBank } from '../checkers/transactions/bank.ts';
import { checkTransactions } from '../checkers/transactions/check.ts';
import { describeAnomalies } from '../checkers/transactions/description.ts';
import { type TransactionNumber, TransactionRecorder } from '../checkers/transactions/history.ts';
import type { CoverageListener } from '../coverage.ts';
import type { Random } from '../random.ts';
import { LockedList } from './locked-list.ts';
import { check } from '../violation.ts';
import type { SimulatedHost } from '../world/host.ts';
import type { World } from '../world/world.ts';

/** So few keys that transactions often meet. They are in different parts of the ring, except for two pairs. */
const LISTS = ['tx/0', 'tx/1', 'tx/2', 'tx/3', '{tx/0}more', '{tx/1}more'] as const;
const ACCOUNTS = ['bank/0', 'bank/1', 'bank/2', 'bank/3', 'bank/4'] as const;
/** The range of the accounts. */
const BANK = { from: new TextEncoder().encode('bank/'), to: new TextEncoder().encode('bank0') };
const FIRST_BALANCE = 100;
const LARGEST_TRANSFER = 10;
const LARGEST_TRANSACTION = 4;
/** Default of the mean pause between two transactions of a tab. */
const PAUSE_MS = 1_200;
const LIST_SHARE = 0.5;
const SINGLE_READ_SHARE = 0.15;
const TRANSFER_SHARE = 0.25;
const READ_SHARE = 0.5;
/** Longest time of a read at the end of a run, when nothing fails any more. */
const LAST_READ_MS = 30_000;

interface ReadKey {
  readonly text: string | undefined;
  readonly versionstamp: Versionstamp | undefined;
}

type Reads = ReadonlyMap<string, ReadKey>;

interface Changes {
  readonly checks: readonly KeyCheck[];
  readonly writes: readonly KeyWrite[];
}

export class TransactionDriver {
  readonly #world: World;
  readonly #random: Random;
  readonly #covered: CoverageListener;
  readonly #pauseMs: number;
  readonly #recorder = new TransactionRecorder();
  readonly #snapshots: BankSnapshot[] = [];
  #isStopped = false;
  #lastElement = 0;
  #position = 0;

  constructor(world: World, random: Random, covered: CoverageListener, pauseMs = PAUSE_MS) {
    this.#world = world;
    this.#random = random;
    this.#covered = covered;
    this.#pauseMs = pauseMs;
  }

  start(hosts: readonly SimulatedHost[]): void {
    for (const host of hosts) this.#pause(host);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Reads all lists a last time, so that no lost append stays unseen. Then checks all transactions of the run. */
  judge(): void {
    const [host] = this.#world.hosts;
    for (const key of LISTS) if (host !== undefined) this.#readLast(host, key);
    const anomalies = checkTransactions(this.#recorder.history());
    check(anomalies.length === 0, 'strict serializability', () => describeAnomalies(anomalies));
    const initial = new Map(ACCOUNTS.map((account) => [account, FIRST_BALANCE]));
    const faults = checkBank(initial, this.#snapshots);
    check(faults.length === 0, 'transfers keep the total of the bank', () => faults.join('\n'));
  }

  #readLast(host: SimulatedHost, key: string): void {
    let isRead = false;
    this.#readInHistory(host, key, (hasValue) => {
      isRead = hasValue;
    });
    this.#world.runUntil(() => isRead, LAST_READ_MS, `a last read of ${key}`);
  }

  /** A single read is a transaction without a commit. */
  #readOne(host: SimulatedHost): void {
    this.#readInHistory(host, this.#random.pick(LISTS) ?? LISTS[0], () => this.#pause(host));
  }

  #readInHistory(host: SimulatedHost, key: string, done: (hasValue: boolean) => void): void {
    const number = this.#recorder.began(host.name);
    const failed = (): void => {
      this.#recorder.aborted(number);
      done(false);
    };
    this.#readAll(host, [key], failed, (reads) => {
      this.#recorder.read(number, key, elementsOf(reads.get(key)?.text));
      this.#recorder.committed(number);
      done(true);
    });
  }

  #pause(host: SimulatedHost): void {
    this.#world.timeline.after(this.#random.exponential(this.#pauseMs), () => this.#run(host));
  }

  #run(host: SimulatedHost): void {
    if (this.#isStopped) return;
    if (!host.isReady || host.isFrozen) return this.#pause(host);
    const dice = this.#random.next();
    if (dice < LIST_SHARE) this.#extendLists(host);
    else if (dice < LIST_SHARE + SINGLE_READ_SHARE) this.#readOne(host);
    else if (dice < LIST_SHARE + SINGLE_READ_SHARE + TRANSFER_SHARE) this.#transfer(host);
    else this.#readBank(host);
  }

  /** Reads some lists and appends to some. */
  #extendLists(host: SimulatedHost): void {
    const keys = this.#random.shuffled(LISTS).slice(0, 1 + this.#random.integer(LARGEST_TRANSACTION));
    const read = keys.filter(() => this.#random.chance(READ_SHARE));
    const appended = keys.filter((key) => !read.includes(key) || this.#random.chance(0.5));
    const number = this.#recorder.began(host.name);
    const failed = (): void => {
      this.#recorder.aborted(number);
      this.#pause(host);
    };
    this.#readAll(host, read, failed, (reads) => {
      for (const [key, { text }] of reads) this.#recorder.read(number, key, elementsOf(text));
      const writes = appended.map((key): KeyWrite => {
        const element = this.#nextElement();
        this.#recorder.appended(number, key, element);
        return { kind: 'append', key: bytesOf(key), value: bytesOf(`${element}.`) };
      });
      this.#commit(host, { checks: checksOf(reads), writes }, (outcome) => this.#end(host, number, outcome));
    });
  }

  #end(host: SimulatedHost, number: TransactionNumber, outcome: CallOutcome | undefined): void {
    if (outcome?.kind === 'committed') this.#recorder.committed(number);
    else if (outcome?.kind === 'rejected' || isWithoutEffect(outcome)) this.#recorder.aborted(number);
    this.#pause(host);
  }

  #transfer(host: SimulatedHost): void {
    const [from, to] = this.#random.shuffled(ACCOUNTS);
    if (from === undefined || to === undefined) return;
    const amount = 1 + this.#random.integer(LARGEST_TRANSFER);
    const again = (): void => this.#pause(host);
    this.#readAll(host, [from, to], again, (reads) => {
      const put = (key: string, change: number): KeyWrite => {
        const value = bytesOf(String(balanceOf(reads.get(key)) + change));
        return { kind: 'put', key: bytesOf(key), value };
      };
      this.#commit(host, { checks: checksOf(reads), writes: [put(from, -amount), put(to, amount)] }, again);
    });
  }

  /** Reads all accounts at one point: in a transaction, or in a list whose range is locked in all orders. */
  #readBank(host: SimulatedHost): void {
    const invokedAt = this.#position++;
    const again = (): void => this.#pause(host);
    if (this.#random.chance(0.5)) {
      new LockedList(host, this.#random, BANK).read((entries) => {
        if (entries !== undefined) {
          const read = new Map(entries.map(({ key, value }) => [decoder.decode(key), decoder.decode(value)]));
          const balances = new Map(ACCOUNTS.map((account) => [account, balanceOf({ text: read.get(account) })]));
          this.#snapshots.push({ process: host.name, invokedAt, completedAt: this.#position++, balances });
        }
        this.#covered(entries === undefined ? 'locked-list-void' : 'locked-list');
        again();
      });
      return;
    }
    this.#readAll(host, ACCOUNTS, again, (reads) => {
      this.#commit(host, { checks: checksOf(reads), writes: [] }, (outcome) => {
        if (outcome?.kind === 'committed') {
          const balances = new Map(ACCOUNTS.map((account) => [account, balanceOf(reads.get(account))]));
          this.#snapshots.push({ process: host.name, invokedAt, completedAt: this.#position++, balances });
          this.#covered('bank-snapshot');
        }
        again();
      });
    });
  }

  #readAll(host: SimulatedHost, keys: readonly string[], failed: () => void, done: (reads: Reads) => void): void {
    const reads = new Map<string, ReadKey>();
    let pending = keys.length;
    if (pending === 0) return done(reads);
    for (const key of keys) {
      this.#call(host, { kind: 'get', key: bytesOf(key) }, (outcome) => {
        pending -= 1;
        if (outcome?.kind === 'missing') reads.set(key, { text: undefined, versionstamp: undefined });
        else if (outcome?.kind === 'value') {
          reads.set(key, { text: decoder.decode(outcome.value), versionstamp: outcome.versionstamp });
        }
        if (pending > 0) return;
        // The order of the answers must not decide the order of the reads in the history.
        if (reads.size === keys.length) done(new Map(keys.map((key_) => [key_, reads.get(key_) ?? MISSING])));
        else failed();
      });
    }
  }

  #commit(host: SimulatedHost, changes: Changes, done: (outcome: CallOutcome | undefined) => void): void {
    const call: Call = { kind: 'transaction', revisions: [], ...changes };
    const isDivided = this.#ordersOf(changes) > 1;
    this.#call(host, call, (outcome) => {
      if (outcome?.kind === 'committed') {
        this.#covered(isDivided ? 'transaction-across-orders' : 'transaction-within-order');
      } else if (outcome?.kind === 'rejected') this.#covered('transaction-rejected');
      else this.#covered(isWithoutEffect(outcome) ? 'transaction-failed' : 'transaction-unknown');
      done(outcome);
    });
  }

  /** Number of orders that serve the keys in the latest configuration. */
  #ordersOf({ checks, writes }: Changes): number {
    const slots = [...checks, ...writes].map(({ key }) => slotOfKey(key));
    const orders = this.#world.configuration()?.orders ?? [];
    return orders.filter(({ shards }) =>
      shards.some(({ first, last }) => slots.some((slot) => first <= slot && slot <= last)),
    ).length;
  }

  #call(host: SimulatedHost, call: Call, done: (outcome: CallOutcome | undefined) => void): void {
    try {
      host.call(call, done);
    } catch (error) {
      if (!isShardbearerError(error)) throw error;
      done({ kind: 'failed', error });
    }
  }

  #nextElement(): string {
    this.#lastElement += 1;
    return this.#lastElement.toString(36);
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytesOf = (text: string): Uint8Array => encoder.encode(text);
const MISSING: ReadKey = { text: undefined, versionstamp: undefined };

function checksOf(reads: Reads): readonly KeyCheck[] {
  return Array.from(reads, ([key, { versionstamp }]) => ({ key: bytesOf(key), versionstamp }));
}

function elementsOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split('.').slice(0, -1);
}

function balanceOf(read: Pick<ReadKey, 'text'> | undefined): number {
  return read?.text === undefined ? FIRST_BALANCE : Number(read.text);
}

function isWithoutEffect(outcome: CallOutcome | undefined): boolean {
  return outcome?.kind === 'failed' && outcome.error.effect === 'none';
}
