/** A simple model of a key-value store with exactly-once sessions. It copies whole maps, and has no digests. */
import { keyOperation } from '../key-operation.ts';
import type { ApplyResult } from '../../src/store/contract.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { Command, ClientEntry, Operation } from '../../src/wire/entries/command.ts';
import type { ClientId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { bytesOf } from './scribe.ts';

interface ModelSession {
  lastUsedMs: number;
  finishedThrough: number;
  readonly outcomes: Map<number, ApplyResult>;
}

const refused = (code: string) => ({ kind: 'refused', code });

/** A model whose results equal those of `KeyValueStore`, except that most of its refusals have no message. */
export class ReferenceModel {
  readonly values = new Map<string, string>();
  /** The revision of the latest write of each key that exists. */
  readonly #versions = new Map<string, number>();
  /** The log time up to which each key exists. */
  readonly #expiries = new Map<string, number>();
  readonly sessions = new Map<ClientId, ModelSession>();
  readonly #revisions = new Map<number, number>();
  #nowMs = 0;

  get outcomes(): number {
    return [...this.sessions.values()].reduce((sum, session) => sum + session.outcomes.size, 0);
  }

  apply(entry: ClientEntry): object {
    this.#nowMs = Math.max(this.#nowMs, entry.logTimeMs);
    for (const [client, { lastUsedMs }] of this.sessions) {
      if (lastUsedMs + TIMES.client.sessionExpiryMs <= this.#nowMs) this.sessions.delete(client);
    }
    for (const [key, expiresAtMs] of this.#expiries) if (expiresAtMs < this.#nowMs) this.#expire(key);
    const session = this.sessions.get(entry.client);
    if (session !== undefined) session.lastUsedMs = this.#nowMs;
    if (entry.kind === 'open-session') {
      const opened = session ?? { lastUsedMs: this.#nowMs, finishedThrough: 0, outcomes: new Map() };
      this.sessions.set(entry.client, opened);
      return { kind: 'session-opened' };
    }
    return session === undefined ? refused('UNKNOWN_SESSION') : this.#command(session, entry.command);
  }

  #command(session: ModelSession, command: Command): object {
    session.finishedThrough = Math.max(session.finishedThrough, command.finishedThrough);
    for (const sequence of session.outcomes.keys()) {
      if (sequence <= session.finishedThrough) session.outcomes.delete(sequence);
    }
    if (command.sequence <= session.finishedThrough) return refused('STALE_REQUEST');
    const before = session.outcomes.get(command.sequence);
    const outcome = before ?? this.#execute(command);
    session.outcomes.set(command.sequence, outcome);
    return outcome.kind === 'conflict' ? this.#conflict(Buffer.from(keyOperation(command).key).toString()) : outcome;
  }

  #expire(key: string): void {
    const slot = slotOfKey(bytesOf(key));
    this.#revisions.set(slot, (this.#revisions.get(slot) ?? 0) + 1);
    for (const map of [this.values, this.#versions, this.#expiries]) map.delete(key);
  }

  #conflict(key: string): ApplyResult {
    const [value, revision] = [this.values.get(key), this.#versions.get(key)];
    if (value === undefined || revision === undefined) return { kind: 'conflict', current: undefined };
    return { kind: 'conflict', current: { value: bytesOf(value), versionstamp: { generation: 0, revision } } };
  }

  #execute(command: Command): ApplyResult {
    const operation = keyOperation(command);
    const key = Buffer.from(operation.key).toString();
    const before = this.values.get(key);
    const { condition } = operation;
    if (condition !== undefined && condition.versionstamp?.revision !== this.#versions.get(key)) {
      return { kind: 'conflict', current: undefined };
    }
    const value = valueAfter(operation, before);
    if (value === 'no array')
      return { kind: 'refused', code: 'INVALID_ARGUMENT', message: 'The value of the key is no JSON array.' };
    const slot = slotOfKey(operation.key);
    const revision = (this.#revisions.get(slot) ?? 0) + 1;
    this.#revisions.set(slot, revision);
    if (operation.kind === 'put' || operation.kind === 'delete') this.#expiries.delete(key);
    if (operation.kind === 'put' && operation.expiresInMs !== undefined) {
      this.#expiries.set(key, this.#nowMs + operation.expiresInMs);
    }
    if (value === undefined) {
      this.values.delete(key);
      this.#versions.delete(key);
    } else {
      this.values.set(key, value);
      this.#versions.set(key, revision);
    }
    return { kind: 'written', versionstamp: { generation: 0, revision }, existed: before !== undefined };
  }
}

function valueAfter(operation: Operation, before: string | undefined): string | undefined {
  if (operation.kind === 'delete') return undefined;
  const given = Buffer.from(operation.value).toString();
  if (operation.kind === 'put') return given;
  if (operation.kind === 'append') return (before ?? '') + given;
  if (before === undefined || before === '[]') return `[${given}]`;
  return /^\[.*\]$/u.test(before) ? `${before.slice(0, -1)},${given}]` : 'no array';
}
