/** A model of an order as its clients see it, with sessions, outcomes and shards, but without replicas. */
import type { Answer, Question } from '../../src/wire/frames/frame.ts';
import type { ClientId, SequenceNumber, Slot } from '../../src/wire/identifiers.ts';
import { refusal, WRITTEN } from './bench.ts';

export class HeldSlot {
  readonly epoch: number;
  readonly values: string[];
  /** For each client and sequence number, the outcome of the command. */
  readonly outcomes: Map<string, Answer>;
  isFrozen = false;

  constructor(epoch: number, values: readonly string[] = [], outcomes: ReadonlyMap<string, Answer> = new Map()) {
    this.epoch = epoch;
    this.values = [...values];
    this.outcomes = new Map(outcomes);
  }
}

export class ModelOrder {
  readonly slots = new Map<Slot, HeldSlot>();
  /** For each session, the sequence number up to which all commands are finished. */
  readonly sessions = new Map<ClientId, SequenceNumber | 0>();

  answer(client: ClientId, question: Question): Answer {
    if (question.kind === 'open-session') {
      if (!this.sessions.has(client)) this.sessions.set(client, 0);
      return { kind: 'session-opened' };
    }
    if (question.kind !== 'command') throw new Error('this model is only written to');
    const { command } = question;
    const held = this.slots.get(command.slot);
    if (held === undefined || held.isFrozen || held.epoch !== command.shardEpoch) return refusal('WRONG_SHARD', true);
    const finished = this.sessions.get(client);
    if (finished === undefined) return refusal('UNKNOWN_SESSION', true);
    if (command.sequence <= finished) return refusal('STALE_REQUEST', true);
    if (command.finishedThrough > finished) this.sessions.set(client, command.finishedThrough);
    const name = `${client} ${command.sequence}`;
    if (!held.outcomes.has(name)) {
      if (command.operation.kind !== 'append') throw new Error('this model is only appended to');
      held.values.push(new TextDecoder().decode(command.operation.value));
      held.outcomes.set(name, WRITTEN);
    }
    return WRITTEN;
  }

  freeze(slot: Slot): void {
    const held = this.slots.get(slot);
    if (held !== undefined) held.isFrozen = true;
  }

  /** Returns the frozen data of a slot, with the sessions of the order. */
  pieces(slot: Slot): Pieces {
    const held = this.slots.get(slot);
    if (held?.isFrozen !== true) throw new Error('only what is frozen moves');
    return { slot, held, sessions: new Map(this.sessions) };
  }

  install({ slot, held, sessions }: Pieces): void {
    this.slots.set(slot, new HeldSlot(held.epoch + 1, held.values, held.outcomes));
    for (const [client, finished] of sessions) {
      if (finished >= (this.sessions.get(client) ?? 0)) this.sessions.set(client, finished);
    }
  }
}

export interface Pieces {
  readonly slot: Slot;
  readonly held: HeldSlot;
  readonly sessions: ReadonlyMap<ClientId, SequenceNumber | 0>;
}
