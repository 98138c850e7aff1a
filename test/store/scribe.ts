/** Writes log entries and applies them to a store. */
import type { ApplyResult, ReadResult } from '../../src/store/contract.ts';
import { KeyValueStore } from '../../src/store/key-value-store.ts';
import type { AnyMachine } from '../../src/store/machine.ts';
import { Machines } from '../../src/store/machines.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type {
  Command,
  Condition,
  KeyWrite,
  MachineEntry,
  Operation,
  SettleEntry,
} from '../../src/wire/entries/command.ts';
import {
  asLogIndex,
  asSequenceNumber,
  asSlot,
  type ClientId,
  parseId,
  SLOT_COUNT,
  type Slot,
} from '../../src/wire/identifiers.ts';

export interface ScribeOptions {
  readonly generation?: number;
  /** Each shard as first slot, last slot and epoch. Default: one shard with all slots at epoch 1. */
  readonly shards?: readonly (readonly [number, number, number])[];
  /** The machines of the application. Default: none. */
  readonly machines?: readonly AnyMachine[];
}

export interface CommandOptions {
  readonly finishedThrough?: number;
  readonly shardEpoch?: number;
  readonly condition?: Condition;
  /** Milliseconds after which the key expires. Only `put` uses it. */
  readonly expiresInMs?: number;
  /** Slot that the command names. Default: the slot of the key. */
  readonly slot?: number;
}

interface MachineOptions extends CommandOptions {
  readonly machine?: string;
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function clientNamed(name: string): ClientId {
  return parseId<ClientId>(Buffer.from(name).toString('hex').padStart(32, '0'));
}

type SettleStep = SettleEntry['step'];

export class Scribe {
  readonly store: KeyValueStore;
  readonly log: MachineEntry[] = [];
  logTimeMs = 0;

  constructor({ generation = 0, shards = [[0, SLOT_COUNT - 1, 1]], machines = [] }: ScribeOptions = {}) {
    this.store = KeyValueStore.create({
      generation,
      machines: new Machines(machines),
      shards: shards.map(([first, last, epoch]) => ({ first: asSlot(first), last: asSlot(last), epoch })),
    });
  }

  apply(entry: MachineEntry): ApplyResult {
    this.log.push(entry);
    return this.store.apply(entry, asLogIndex(this.log.length));
  }

  open(client: string): ApplyResult {
    return this.apply({ kind: 'open-session', logTimeMs: this.logTimeMs, client: clientNamed(client) });
  }

  put(client: string, sequence: number, key: string, value: string, options?: CommandOptions): ApplyResult {
    const operation = { kind: 'put', key: bytesOf(key), value: bytesOf(value) } as const;
    return this.#command(client, sequence, { ...operation, expiresInMs: options?.expiresInMs }, options);
  }

  append(client: string, sequence: number, key: string, value: string, options?: CommandOptions): ApplyResult {
    return this.#command(client, sequence, { kind: 'append', key: bytesOf(key), value: bytesOf(value) }, options);
  }

  /** @param element JSON text */
  appendElement(client: string, sequence: number, key: string, element: string): ApplyResult {
    return this.#command(client, sequence, { kind: 'append-element', key: bytesOf(key), value: bytesOf(element) });
  }

  /** @param command JSON */
  machine(client: string, sequence: number, key: string, command: unknown, options?: MachineOptions): ApplyResult {
    const value = bytesOf(JSON.stringify(command));
    const operation = { kind: 'machine', machine: options?.machine ?? 'tickets', key: bytesOf(key), value } as const;
    return this.#command(client, sequence, operation, options);
  }

  /** Puts a question to the machine at a key. */
  ask(key: string, question: unknown, machine = 'tickets'): ReadResult {
    const bytes = bytesOf(JSON.stringify(question));
    const place = { slot: slotOfKey(bytesOf(key)), shardEpoch: 1, key: bytesOf(key) };
    return this.store.read({ kind: 'machine-read', ...place, machine, question: bytes });
  }

  delete(client: string, sequence: number, key: string, options?: CommandOptions): ApplyResult {
    return this.#command(client, sequence, { kind: 'delete', key: bytesOf(key) }, options);
  }

  /**
   * Prepares a part of a transaction whose home is in another slot.
   * @param decision the client and the sequence number of the command that decides
   */
  prepare(client: string, sequence: number, home: string, decision: number, part: PartSketch): ApplyResult {
    const sketched = partOf(part);
    const transaction = { client: clientNamed(client), sequence: asSequenceNumber(decision) };
    const operation = { kind: 'prepare', transaction, home: slotOfKey(bytesOf(home)), part: sketched } as const;
    return this.#apply(client, sequence, sketched.slot, operation, part);
  }

  /** @param participants a key of each slot that has prepared */
  commit(
    client: string,
    sequence: number,
    parts: readonly PartSketch[],
    participants: readonly string[] = [],
  ): ApplyResult {
    const sketched = parts.map(partOf);
    const [home] = sketched;
    if (home === undefined) throw new Error('a transaction has parts');
    const slots = participants.map((key) => slotOfKey(bytesOf(key)));
    return this.#apply(client, sequence, home.slot, { kind: 'commit', parts: sketched, participants: slots }, parts[0]);
  }

  settle(step: SettleStep, key: string, client: string, decision: number, shardEpoch = 1): ApplyResult {
    return this.apply(settleEntry(step, key, client, decision, shardEpoch, this.logTimeMs));
  }

  /** Lets the log time pass up to this time. */
  expire(logTimeMs: number): ApplyResult {
    this.logTimeMs = logTimeMs;
    return this.apply({ kind: 'expire', logTimeMs });
  }

  read(key: string, { slot, shardEpoch = 1 }: CommandOptions = {}): ReadResult {
    const keyBytes = bytesOf(key);
    const place = slot === undefined ? slotOfKey(keyBytes) : asSlot(slot);
    return this.store.read({ kind: 'read', slot: place, shardEpoch, key: keyBytes });
  }

  /** The value of a key. Undefined: the key is missing. */
  get(key: string): string | undefined {
    const result = this.read(key);
    return result.kind === 'value' ? new TextDecoder().decode(result.value) : undefined;
  }

  #command(client: string, sequence: number, operation: Operation, options: CommandOptions = {}): ApplyResult {
    const slot = options.slot === undefined ? slotOfKey(operation.key) : asSlot(options.slot);
    return this.#apply(client, sequence, slot, { ...operation, condition: options.condition }, options);
  }

  #apply(
    client: string,
    sequence: number,
    slot: Slot,
    operation: Command['operation'],
    { finishedThrough = 0, shardEpoch = 1 }: CommandOptions = {},
  ): ApplyResult {
    return this.apply({
      kind: 'command',
      logTimeMs: this.logTimeMs,
      client: clientNamed(client),
      command: {
        sequence: asSequenceNumber(sequence),
        finishedThrough: asSequenceNumber(finishedThrough),
        slot,
        shardEpoch,
        operation,
      },
    });
  }
}

/** A part of a transaction: versions that keys must have, and values to put. All keys are in one slot. */
export interface PartSketch extends CommandOptions {
  readonly checks?: Readonly<Record<string, number | undefined>>;
  readonly puts?: Readonly<Record<string, string>>;
  readonly appends?: Readonly<Record<string, string>>;
  readonly deletes?: readonly string[];
  readonly revision?: number;
}

function partOf({ checks = {}, puts = {}, appends = {}, deletes = [], revision, shardEpoch = 1 }: PartSketch) {
  const writes: KeyWrite[] = [
    ...Object.entries(puts).map(([key, value]) => ({ kind: 'put', key: bytesOf(key), value: bytesOf(value) }) as const),
    ...Object.entries(appends).map(
      ([key, value]) => ({ kind: 'append', key: bytesOf(key), value: bytesOf(value) }) as const,
    ),
    ...deletes.map((key) => ({ kind: 'delete', key: bytesOf(key) }) as const),
  ];
  const checked = Object.entries(checks).map(([key, version]) => ({
    key: bytesOf(key),
    versionstamp: version === undefined ? undefined : { generation: 0, revision: version },
  }));
  const [key] = [...writes, ...checked].map((item) => item.key);
  if (key === undefined) throw new Error('a part has keys');
  return { slot: slotOfKey(key), shardEpoch, revision, checks: checked, writes };
}

/** @param decision sequence number of the command that decides the transaction */
export function settleEntry(
  step: SettleStep,
  key: string,
  client: string,
  decision: number,
  shardEpoch = 1,
  logTimeMs = 0,
): SettleEntry {
  const transaction = { client: clientNamed(client), sequence: asSequenceNumber(decision) };
  return { kind: 'settle', logTimeMs, step, slot: slotOfKey(bytesOf(key)), shardEpoch, transaction };
}
