import type {
  ApplyResult,
  LockedSlot,
  ReadQuestion,
  ReadResult,
  Restoration,
  SlotLoad,
  StateMachine,
  StateMachineKind,
  StateMachineStatistics,
  StateRefusal,
  StateRefusalCode,
} from '../store/contract.ts';
import { feedNumbers, hashText } from '../store/hash.ts';
import { assert } from '../wire/assertion.ts';
import type { Configuration, ConfigurationChange } from '../wire/configuration/configuration.ts';
import {
  type ConfigurationStateHead,
  type ConfigurationStateItem,
  ConfigurationStateWriter,
  decodeConfigurationState,
} from '../wire/configuration/state-codec.ts';
import { malformed } from '../wire/decoding.ts';
import type { ConfigureEntry, MachineEntry } from '../wire/entries/command.ts';
import { type LockId, type LogIndex, asLogIndex } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { changeFault } from './configuration-change.ts';
import { ConfigurationHistory } from './configuration-history.ts';
import { configurationFault, unfounded } from './configuration.ts';

/**
 * The replicated state of the bondsmith's order, which is the latest configurations. A decision takes effect only on
 * its base configuration, and only while no later term has decided (design, rule 9).
 */
class ConfigurationMachine implements StateMachine {
  readonly #history: ConfigurationHistory;
  #appliedIndex: LogIndex;
  #logTimeMs: number;
  #term: number;

  constructor(history: ConfigurationHistory, head: ConfigurationStateHead = BEGINNING) {
    this.#history = history;
    this.#appliedIndex = head.appliedIndex;
    this.#logTimeMs = head.logTimeMs;
    this.#term = head.term;
  }

  get shards(): undefined {
    return undefined;
  }

  /** The latest configuration. Undefined before the founding is applied. */
  get configuration(): Configuration | undefined {
    const { latest } = this.#history;
    return latest.number === 0 ? undefined : latest;
  }

  get appliedIndex(): LogIndex {
    return this.#appliedIndex;
  }

  get logTimeMs(): number {
    return this.#logTimeMs;
  }

  /** Configurations do not expire. */
  get nextExpiryMs(): undefined {
    return undefined;
  }

  apply(entry: MachineEntry, index: LogIndex): ApplyResult {
    assert(index > this.#appliedIndex, 'entries are applied once, in the order of the log');
    this.#appliedIndex = index;
    this.#logTimeMs = Math.max(this.#logTimeMs, entry.logTimeMs);
    if (entry.kind === 'configure') return this.#configure(entry);
    const code = entry.kind === 'command' ? 'WRONG_SHARD' : 'INVALID_ARGUMENT';
    return refusal(code, `the bondsmith's order has no part in ${entry.kind}`);
  }

  read(question: ReadQuestion): ReadResult {
    if (question.kind !== 'query') return refusal('WRONG_SHARD', "the bondsmith's order keeps no keys and values");
    const { latest, oldest } = this.#history;
    // Tabs show configuration 1 before this replica applies it, so a query for it is told to retry.
    if (latest.number === 0) return refusal('UNAVAILABLE', 'the founding is not decided yet. Try again');
    const { number = latest.number } = question;
    if (number > latest.number) {
      return refusal(
        'UNKNOWN_CONFIGURATION',
        `configuration ${number} does not exist yet; the latest is ${latest.number}`,
      );
    }
    if (number < oldest) {
      return refusal('CONFIGURATION_COMPACTED', `configuration ${number} was dropped; the oldest one is ${oldest}`);
    }
    return { kind: 'configuration', configuration: this.#history.at(number) };
  }

  /** Commands are refused when they are applied. */
  refusalOf(): undefined {
    return undefined;
  }

  digest(): string {
    return hashText(feedNumbers(this.#history.hash(), this.#logTimeMs, this.#term));
  }

  lockedSlots(): readonly LockedSlot[] {
    return [];
  }

  lockedRanges(): readonly LockId[] {
    return [];
  }

  loads(): readonly SlotLoad[] {
    return [];
  }

  statistics(): StateMachineStatistics {
    return { keys: 0, bytes: 0, sessions: 0, outcomes: 0 };
  }

  clone(): ConfigurationMachine {
    return new ConfigurationMachine(this.#history.clone(), this.#head());
  }

  *chunks(): Generator<Uint8Array> {
    const writer = new ConfigurationStateWriter();
    const { base, changes } = this.#history;
    writer.add({ kind: 'head', ...this.#head() });
    writer.add({ kind: 'base', configuration: base });
    for (const change of changes) {
      if (writer.bytes >= LIMITS.snapshots.snapshotChunkBytes) yield writer.take();
      writer.add({ kind: 'change', change });
    }
    yield writer.take();
  }

  #configure({ term, base, change }: ConfigureEntry): ApplyResult {
    if (term < this.#term) return { kind: 'unchanged' };
    this.#term = term;
    if (base !== this.#history.latest.number) return { kind: 'unchanged' };
    const fault = changeFault(this.#history.latest, change);
    if (fault !== undefined) return refusal('INVALID_ARGUMENT', `configuration ${base + 1} is invalid: ${fault}`);
    this.#history.add(change);
    return { kind: 'changed' };
  }

  #head(): ConfigurationStateHead {
    return { appliedIndex: this.#appliedIndex, logTimeMs: this.#logTimeMs, term: this.#term };
  }
}

/** The state machine of every bondsmith's order. Configurations do not name it. */
export const CONFIGURATION_MACHINE: StateMachineKind = {
  name: 'configuration',
  create: ({ header }) => new ConfigurationMachine(new ConfigurationHistory(unfounded(header))),
  restoration: () => new ConfigurationRestoration((history, head) => new ConfigurationMachine(history, head)),
};

const BEGINNING: ConfigurationStateHead = { appliedIndex: asLogIndex(0), logTimeMs: 0, term: 0 };

function refusal(code: StateRefusalCode, message: string): StateRefusal {
  return { kind: 'refused', code, message };
}

/** Restores the state from its chunks and checks the configurations in it. */
class ConfigurationRestoration implements Restoration {
  readonly #make: (history: ConfigurationHistory, head: ConfigurationStateHead) => StateMachine;
  #head: ConfigurationStateHead | undefined;
  #history: ConfigurationHistory | undefined;
  #isFinished = false;

  constructor(make: (history: ConfigurationHistory, head: ConfigurationStateHead) => StateMachine) {
    this.#make = make;
  }

  add(chunk: Uint8Array): void {
    assert(!this.#isFinished, 'a finished state takes no further pieces');
    for (const item of decodeConfigurationState(chunk)) this.#take(item);
  }

  finish(): StateMachine {
    assert(!this.#isFinished, 'a state is finished once');
    this.#isFinished = true;
    const history = this.#history;
    const head = this.#head;
    if (history === undefined || head === undefined) throw malformed('a state without its head');
    checkConfiguration(history.latest);
    return this.#make(history, head);
  }

  #take(item: ConfigurationStateItem): void {
    switch (item.kind) {
      case 'head':
        if (this.#head !== undefined) throw malformed('a state with two heads');
        this.#head = item;
        return;
      case 'base':
        if (this.#head === undefined || this.#history !== undefined) throw malformed('a base out of its place');
        checkConfiguration(item.configuration);
        this.#history = new ConfigurationHistory(item.configuration);
        return;
      case 'change':
        return this.#change(item.change);
    }
  }

  #change(change: ConfigurationChange): void {
    const history = this.#history;
    if (history === undefined) throw malformed('a change before the configuration that it changes');
    const { latest, oldest } = history;
    // After one more change, the oldest configuration would be dropped.
    if (latest.number + 1 - oldest >= LIMITS.configuration.configurations)
      throw malformed('a state with too many configurations');
    if (!Number.isSafeInteger(latest.number + 1)) throw malformed('a configuration number above the limit');
    if (change.removed.some((removed) => latest.orders.every(({ id }) => id !== removed))) {
      throw malformed('a change that removes an unknown order');
    }
    history.add(change);
  }
}

/**
 * Checks a configuration that the state contains. Earlier configurations were checked when they were decided, and the
 * digest detects a difference.
 */
function checkConfiguration(configuration: Configuration): void {
  if (configuration.number === 0) return;
  const fault = configurationFault(configuration);
  if (fault !== undefined) throw malformed(`an invalid configuration: ${fault}`);
}
