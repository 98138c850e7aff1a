/** A simple model of a key-value store with exactly-once sessions. It copies whole maps, and has no digests. */
import type { ApplyResult } from '../../src/store/contract.ts';
import { slotOfKey } from '../../src/store/key.ts';
import type { Command, ClientEntry } from '../../src/wire/entries/command.ts';
import type { ClientId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';

interface ModelSession {
  lastUsedMs: number;
  finishedThrough: number;
  readonly outcomes: Map<number, ApplyResult>;
}

const refused = (code: string) => ({ kind: 'refused', code });

/** A model whose results equal those of `KeyValueStore`, except that its refusals have no message. */
export class ReferenceModel {
  readonly values = new Map<string, string>();
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
    if (before !== undefined) return before;
    const outcome = this.#execute(command);
    session.outcomes.set(command.sequence, outcome);
    return outcome;
  }

  #execute({ operation }: Command): ApplyResult {
    const key = Buffer.from(operation.key).toString();
    const slot = slotOfKey(operation.key);
    const revision = (this.#revisions.get(slot) ?? 0) + 1;
    this.#revisions.set(slot, revision);
    const before = this.values.get(key);
    if (operation.kind === 'delete') this.values.delete(key);
    else {
      const kept = operation.kind === 'append' ? (before ?? '') : '';
      this.values.set(key, kept + Buffer.from(operation.value).toString());
    }
    return { kind: 'written', versionstamp: { generation: 0, revision }, existed: before !== undefined };
  }
}
