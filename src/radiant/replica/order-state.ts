/** The state that a replica has applied of its order's log. A snapshot replaces all of it. */
import { CONFIGURATION_MACHINE } from '../../cluster/configuration-machine.ts';
import { rosterAfter, rosterDigest } from '../../cluster/roster.ts';
import type { CommittedEntry } from '../../consensus/contract.ts';
import type {
  ApplyResult,
  LockedSlot,
  ReadQuestion,
  ShardKeeper,
  StateMachine,
  StateMachineKind,
  StateMachineStatistics,
} from '../../store/contract.ts';
import { LogClock } from '../../store/log-clock.ts';
import type { AnyMachine } from '../../store/machine.ts';
import { refusalAnswer } from '../../store/refusal.ts';
import { stateMachineNamed } from '../../store/registry.ts';
import { assert } from '../../wire/assertion.ts';
import type { Command, Entry, RosterEntry } from '../../wire/entries/command.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import { InvariantError, isShardbearerError, ShardbearerError } from '../../wire/errors.ts';
import { decodeEntry } from '../../wire/entries/entry-codec.ts';
import type { Answer } from '../../wire/frames/frame.ts';
import type { LockId, LogIndex, OrderId } from '../../wire/identifiers.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import { encodeRoster, type Roster } from '../../wire/configuration/roster.ts';
import { encodeSnapshotDescription } from '../../wire/records/snapshot-description.ts';
import type { RestoredState } from './state-restoration.ts';

/** An applied entry, and the answer for its client if it has one. */
export interface Applied {
  readonly entry: Entry | undefined;
  readonly answer: Answer | undefined;
  /** Whether the order serves other shards, or the configuration changed. */
  readonly isChange: boolean;
}

/** A copy of the state at one index. It does not change when the order applies further entries. */
export interface FrozenState {
  /** Index of the last entry, including entries of the consensus algorithm. */
  readonly index: LogIndex;
  /** An encoded `SnapshotDescription`. */
  readonly description: Uint8Array;
  /** Yields the state. Equal states yield equal chunks. */
  chunks(): Iterable<Uint8Array>;
}

export class OrderState {
  /** Index of the last applied entry, including entries of the consensus algorithm. */
  applied: LogIndex = asLogIndex(0);
  roster: Roster;
  readonly logClock = new LogClock();
  #machine: StateMachine;
  #rosterDigest: string;

  constructor(machine: StateMachine, roster: Roster) {
    this.#machine = machine;
    this.roster = roster;
    this.#rosterDigest = rosterDigest(roster);
  }

  /** The shards of the state. Undefined if the state has no shards. */
  get shards(): ShardKeeper | undefined {
    return this.#machine.shards;
  }

  /** Index of the last entry that the state machine applied. */
  get machineIndex(): LogIndex {
    return this.#machine.appliedIndex;
  }

  /** The latest configuration, in the bondsmith's order. */
  get configuration(): Configuration | undefined {
    return this.#machine.configuration;
  }

  /**
   * @throws {ShardbearerError} `STORAGE_TOO_NEW` if a newer build wrote the entry, or if the application's machine is
   * missing
   */
  apply({ index, payload }: CommittedEntry): Applied {
    const entry = payload === undefined ? undefined : readEntry(payload);
    let result: ApplyResult | undefined;
    if (entry !== undefined) {
      if (entry.kind === 'members' || entry.kind === 'members-reached' || entry.kind === 'companion') {
        this.#changeRoster(entry);
      } else result = this.#machine.apply(entry, index);
      this.logClock.observe(entry.logTimeMs);
    }
    this.applied = index;
    let answer: Answer | undefined;
    if (result?.kind === 'refused') answer = refusalAnswer(result);
    else if (result !== undefined && result.kind !== 'changed' && result.kind !== 'unchanged') answer = result;
    return { entry, answer, isChange: result?.kind === 'changed' };
  }

  /** Returns a frozen copy. Cheap, because the copy shares all unchanged data with the order. */
  freeze(): FrozenState {
    const index = this.applied;
    const machine = this.#machine.clone();
    const description = encodeSnapshotDescription({
      index,
      digest: machine.digest(),
      roster: encodeRoster(this.roster),
    });
    return { index, description, chunks: () => machine.chunks() };
  }

  /** Replaces the state with a later one. */
  replace({ machine, index, roster }: RestoredState): void {
    assert(index > this.applied, 'a state never goes back');
    this.#machine = machine;
    this.roster = roster;
    this.#rosterDigest = rosterDigest(roster);
    this.applied = index;
    this.logClock.observe(machine.logTimeMs);
  }

  /** @param nowMs local time, from which the remaining times of keys are counted; by default they are as of the latest entry */
  read(question: ReadQuestion, nowMs?: number): Answer {
    const logTimeMs = nowMs === undefined ? undefined : this.logClock.estimate(nowMs);
    const result = this.#machine.read(question, logTimeMs);
    return result.kind === 'refused' ? refusalAnswer(result) : result;
  }

  /** Returns the reason why a herald must not propose the command. */
  refusalOf(command: Command): Answer | undefined {
    const refused = this.#machine.refusalOf(command);
    return refused && refusalAnswer(refused);
  }

  lockedRanges(): readonly LockId[] {
    return this.#machine.lockedRanges();
  }

  /** The log time after which the next key expires. Undefined: no key expires. */
  get nextExpiryMs(): number | undefined {
    return this.#machine.nextExpiryMs;
  }

  lockedSlots(): Iterable<LockedSlot> {
    return this.#machine.lockedSlots();
  }

  /** Number of locks, of locked ranges, and of records of commits. */
  get openTransactions(): number {
    let count = this.lockedRanges().length;
    for (const { locks, commits } of this.#machine.lockedSlots()) count += locks.length + commits.length;
    return count;
  }

  statistics(): StateMachineStatistics {
    return this.#machine.statistics();
  }

  digest(): string {
    return `${this.#machine.digest()}/${this.#rosterDigest}`;
  }

  #changeRoster(entry: RosterEntry): void {
    const roster = rosterAfter(this.roster, entry);
    if (roster === this.roster) return;
    this.roster = roster;
    this.#rosterDigest = rosterDigest(roster);
  }
}

/**
 * The state machine of an order. The bondsmith's order replicates the configuration. Every other order replicates the
 * state machine that the configuration names.
 * @param machines the machines of the application
 * @throws {ShardbearerError} `VERSION_UNSUPPORTED` if only a newer build has it
 */
export function stateMachineOf(
  order: OrderId,
  { bondsmith, stateMachine }: Configuration,
  machines: readonly AnyMachine[],
): StateMachineKind {
  return bondsmith.id === order ? CONFIGURATION_MACHINE : stateMachineNamed(stateMachine, machines);
}

/**
 * Decodes a committed entry.
 * @throws {ShardbearerError} `STORAGE_TOO_NEW` if a newer build wrote the entry; a replica that skipped it would
 * diverge
 */
function readEntry(payload: Uint8Array): Entry {
  try {
    return decodeEntry(payload);
  } catch (error) {
    if (!isShardbearerError(error) || error.code !== 'VERSION_UNSUPPORTED') {
      throw new InvariantError('a committed entry is unreadable', { cause: error });
    }
    const message = 'A newer version wrote an entry of the log. Reload the page.';
    throw new ShardbearerError('STORAGE_TOO_NEW', message, { cause: error });
  }
}
