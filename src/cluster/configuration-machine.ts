import type {
  ApplyResult,
  ReadQuestion,
  ReadResult,
  SlotLoad,
  StateMachine,
  StateMachineKind,
  StateMachineStatistics,
  StateRefusal,
  StateRefusalCode,
} from '../store/contract.ts';
import { feedNumbers, hashText } from '../store/hash.ts';
import { assert } from '../wire/assertion.ts';
import type { ConfigureEntry, MachineEntry } from '../wire/entries/command.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import { type ConfigurationStateHead, ConfigurationStateWriter } from '../wire/configuration/state-codec.ts';
import { asLogIndex, type LogIndex } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import { unfounded } from './configuration.ts';
import { changeFault } from './configuration-change.ts';
import { ConfigurationHistory } from './configuration-history.ts';
import { ConfigurationRestoration } from './configuration-restoration.ts';

/**
 * What the bondsmith's order replicates: the configuration, and those that were before it. A decision takes effect
 * only on the configuration that it was made for, and only while nobody of a later term has decided (design, rule 9).
 */
export class ConfigurationMachine implements StateMachine {
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

  /** Undefined: the first decision, the founding, is not applied yet. */
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

  apply(entry: MachineEntry, index: LogIndex): ApplyResult {
    assert(index > this.#appliedIndex, 'entries are applied once, in the order of the log');
    this.#appliedIndex = index;
    this.#logTimeMs = Math.max(this.#logTimeMs, entry.logTimeMs);
    if (entry.kind === 'configure') return this.#configure(entry);
    const code = entry.kind === 'command' ? 'WRONG_SHARD' : 'INVALID_ARGUMENT';
    return refusal(code, `the bondsmith's order has no part in ${entry.kind}`);
  }

  read(question: ReadQuestion): ReadResult {
    if (question.kind === 'read') return refusal('WRONG_SHARD', "the bondsmith's order keeps no keys and values");
    const { latest, oldest } = this.#history;
    // Tabs show configuration 1 before it is decided on here: whoever asks for it by its number must not be told it is not.
    if (latest.number === 0) return refusal('UNAVAILABLE', 'the founding is not decided yet; ask again');
    const { number = latest.number } = question;
    if (number > latest.number) {
      return refusal(
        'UNKNOWN_CONFIGURATION',
        `there is no configuration ${number} yet: the latest is ${latest.number}`,
      );
    }
    if (number < oldest) {
      return refusal('CONFIGURATION_COMPACTED', `configuration ${number} is not kept any more: ask from ${oldest} on`);
    }
    return { kind: 'configuration', configuration: this.#history.at(number) };
  }

  digest(): string {
    return hashText(feedNumbers(this.#history.hash(), this.#logTimeMs, this.#term));
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
      if (writer.bytes >= LIMITS.snapshotChunkBytes) yield writer.take();
      writer.add({ kind: 'change', change });
    }
    yield writer.take();
  }

  #configure({ term, base, change }: ConfigureEntry): ApplyResult {
    if (term < this.#term) return { kind: 'unchanged' };
    this.#term = term;
    if (base !== this.#history.latest.number) return { kind: 'unchanged' };
    const fault = changeFault(this.#history.latest, change);
    if (fault !== undefined) return refusal('INVALID_ARGUMENT', `configuration ${base + 1} cannot be: ${fault}`);
    this.#history.add(change);
    return { kind: 'changed' };
  }

  #head(): ConfigurationStateHead {
    return { appliedIndex: this.#appliedIndex, logTimeMs: this.#logTimeMs, term: this.#term };
  }
}

/** The state machine of the bondsmith's order. No configuration names it: every bondsmith's order has it. */
export const CONFIGURATION_MACHINE: StateMachineKind = {
  name: 'configuration',
  create: ({ header }) => new ConfigurationMachine(new ConfigurationHistory(unfounded(header))),
  restoration: () => new ConfigurationRestoration((history, head) => new ConfigurationMachine(history, head)),
};

const BEGINNING: ConfigurationStateHead = { appliedIndex: asLogIndex(0), logTimeMs: 0, term: 0 };

function refusal(code: StateRefusalCode, message: string): StateRefusal {
  return { kind: 'refused', code, message };
}
