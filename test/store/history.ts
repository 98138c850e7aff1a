/** Random logs of unreliable clients. Commands are repeated, reordered and late, and sessions expire. */
import fc from 'fast-check';
import { slotOfKey } from '../../src/store/key.ts';
import type { Command, ClientEntry, Operation, PlainOperation } from '../../src/wire/entries/command.ts';
import { asSequenceNumber } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { bytesOf, clientNamed } from './scribe.ts';

/** Keys for random commands. Some of them share a slot. */
export const KEYS = ['a', '{a}b', '{a}c', 'd', 'e'];
const CLIENTS = ['ann', 'bob', 'cy'];

type OperationKind = PlainOperation['kind'] | 'put if missing' | 'put that expires' | 'append if first';

type Step =
  | { readonly kind: 'open' }
  /** The client creates a command and sends it once. */
  | { readonly kind: 'issue'; readonly operation: OperationKind; readonly key: string }
  /** A command that was created earlier is sent, for the first time or again. */
  | { readonly kind: 'repeat'; readonly which: number }
  /** The client creates a command without sending it. */
  | { readonly kind: 'hold'; readonly operation: OperationKind; readonly key: string }
  /** The client has received the answers to all of its commands up to a certain command. */
  | { readonly kind: 'finish'; readonly which: number }
  | { readonly kind: 'wait'; readonly elapsedMs: number };

const operation = fc.constantFrom<OperationKind>(
  'put',
  'append',
  'append',
  'append-element',
  'delete',
  'put if missing',
  'put that expires',
  'append if first',
);
const key = fc.constantFrom(...KEYS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('open' as const) }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('issue' as const), operation, key }), weight: 8 },
  { arbitrary: fc.record({ kind: fc.constant('hold' as const), operation, key }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('repeat' as const), which: fc.nat(20) }), weight: 6 },
  { arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat(20) }), weight: 2 },
  {
    arbitrary: fc.record({ kind: fc.constant('wait' as const), elapsedMs: fc.nat(TIMES.client.sessionExpiryMs) }),
    weight: 1,
  },
);

class UnreliableClient {
  readonly #name: string;
  readonly #made: Command[] = [];
  #finishedThrough = asSequenceNumber(0);

  constructor(name: string) {
    this.#name = name;
  }

  /** The log entry that a step causes. Undefined: the step causes none. */
  take(step: Exclude<Step, { kind: 'wait' }>, logTimeMs: number): ClientEntry | undefined {
    const client = clientNamed(this.#name);
    switch (step.kind) {
      case 'open':
        return { kind: 'open-session', logTimeMs, client };
      case 'issue':
        return { kind: 'command', logTimeMs, client, command: this.#make(step) };
      case 'hold':
        this.#make(step);
        return undefined;
      case 'repeat': {
        const command = this.#made[step.which % this.#made.length];
        return command && { kind: 'command', logTimeMs, client, command };
      }
      case 'finish': {
        const command = this.#made[step.which % this.#made.length];
        if (command !== undefined && command.sequence > this.#finishedThrough) this.#finishedThrough = command.sequence;
        return undefined;
      }
    }
  }

  #make({ operation: kind, key: text }: { operation: OperationKind; key: string }): Command {
    const sequence = asSequenceNumber(this.#made.length + 1);
    const keyBytes = bytesOf(text);
    const value = bytesOf(`${this.#name}${sequence};`);
    const command: Command = {
      sequence,
      finishedThrough: this.#finishedThrough,
      slot: slotOfKey(keyBytes),
      shardEpoch: 1,
      operation: operationOf(kind, keyBytes, value),
    };
    this.#made.push(command);
    return command;
  }
}

function operationOf(kind: OperationKind, keyBytes: Uint8Array, value: Uint8Array): Operation {
  switch (kind) {
    case 'delete':
      return { kind, key: keyBytes };
    case 'put if missing':
      return { kind: 'put', key: keyBytes, value, condition: { versionstamp: undefined } };
    case 'put that expires':
      return { kind: 'put', key: keyBytes, value, expiresInMs: TIMES.client.sessionExpiryMs / 2 };
    case 'append if first':
      return { kind: 'append', key: keyBytes, value, condition: { versionstamp: { generation: 0, revision: 1 } } };
    default:
      return { kind, key: keyBytes, value };
  }
}

/**
 * Logs of up to `maxLength` steps by three clients. Every written value names the client and the sequence number of its
 * command.
 */
export function history(maxLength: number): fc.Arbitrary<readonly ClientEntry[]> {
  return fc.array(fc.tuple(fc.constantFrom(...CLIENTS), step), { maxLength, size: 'max' }).map((steps) => {
    const clients = new Map(CLIENTS.map((name) => [name, new UnreliableClient(name)]));
    let logTimeMs = 0;
    return steps.flatMap(([name, one]) => {
      if (one.kind === 'wait') {
        logTimeMs += one.elapsedMs;
        return [];
      }
      const entry = clients.get(name)?.take(one, logTimeMs);
      return entry === undefined ? [] : [entry];
    });
  });
}
