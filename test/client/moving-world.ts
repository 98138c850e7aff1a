/**
 * One client and several model orders, which move shards between each other. The network delays and loses messages. The
 * orders are correct, so a broken promise reveals a fault of the client.
 */
import type { CallNumber } from '../../src/client/contract.ts';
import { slotOfKey } from '../../src/store/key.ts';
import { assert } from '../../src/wire/assertion.ts';
import type { Shard } from '../../src/wire/configuration/configuration.ts';
import type { Answer, Request } from '../../src/wire/frames/frame.ts';
import { asSlot, type OrderId, SLOT_COUNT, type Slot } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { append, Bench, configurationOf, order, radiant } from './bench.ts';
import { HeldSlot, ModelOrder, type Pieces } from './model-order.ts';

/** One key for each shard of this world. */
export const KEYS = ['b', 'k', 'first'] as const;
const BORDERS = [0, 5_000, 10_000, SLOT_COUNT] as const;
export const ORDERS = 3;

/** A shard of the world. Tests write only one of its keys. */
interface ModelShard {
  readonly slot: Slot;
  readonly first: number;
  readonly last: number;
  owner: number;
  epoch: number;
  source: number | undefined;
  /** The frozen data of the shard while the shard moves. */
  pieces: Pieces | undefined;
}

interface Sent {
  readonly order: OrderId;
  readonly request: Request;
}

export class MovingWorld {
  readonly bench = new Bench();
  readonly calls: { readonly number: CallNumber; readonly key: number; readonly token: string }[] = [];
  readonly #orders = Array.from({ length: ORDERS }, () => new ModelOrder());
  readonly #shards: ModelShard[];
  #configuration = 1;
  #collected = 0;
  #requests: Sent[] = [];
  #replies: { readonly request: Request; readonly answer: Answer }[] = [];
  /** Tokens of commands that an order refused as already finished, although their callers still waited. */
  readonly wronglyStale: string[] = [];
  hasForgotten = false;

  constructor() {
    this.#shards = KEYS.map((key, at) => {
      const slot = slotOfKey(new TextEncoder().encode(key));
      const [first, next] = [BORDERS[at] ?? 0, BORDERS[at + 1] ?? 0];
      assert(first <= slot && slot < next, 'each key has a shard of its own');
      this.#orders[0]?.slots.set(slot, new HeldSlot(1));
      return { slot, first, last: next - 1, owner: 0, epoch: 1, source: undefined, pieces: undefined };
    });
    this.show();
  }

  append(key: number): void {
    const token = `${this.calls.length + 1};`;
    const number = this.bench.call(append(KEYS[key % KEYS.length] ?? KEYS[0], token));
    this.calls.push({ number, key: key % KEYS.length, token });
    this.#collect();
  }

  abort(at: number): void {
    const call = this.calls[at % Math.max(this.calls.length, 1)];
    if (call !== undefined) this.bench.abort(call.number);
    this.#collect();
  }

  arrive(at: number): void {
    const sent = taken(this.#requests, at);
    if (sent === undefined) return;
    const { id, question } = sent.request;
    const answer = this.#order(sent.order).answer(id.client, question);
    if (answer.kind === 'refusal' && answer.code === 'STALE_REQUEST' && question.kind === 'command') {
      const { operation } = question.command;
      const token = operation.kind === 'append' ? new TextDecoder().decode(operation.value) : '';
      const call = this.calls.find((candidate) => candidate.token === token);
      if (call !== undefined && this.bench.gist(call.number) === undefined) this.wronglyStale.push(token);
    }
    this.#replies.push({ request: sent.request, answer });
  }

  loseRequest(at: number): void {
    taken(this.#requests, at);
  }

  loseReply(at: number): void {
    taken(this.#replies, at);
  }

  reply(at: number): void {
    const reply = taken(this.#replies, at);
    if (reply === undefined) return;
    this.bench.answer(reply.request, reply.answer);
    this.#collect();
  }

  /** Performs the next step of a shard's move. A shard that does not move begins to move. */
  advance(at: number, to: number): void {
    const shard = this.#shards[at % this.#shards.length];
    if (shard === undefined) return;
    const owner = this.#orders[shard.owner];
    if (shard.source === undefined) {
      if (to % ORDERS === shard.owner) return;
      [shard.source, shard.owner, shard.epoch] = [shard.owner, to % ORDERS, shard.epoch + 1];
      this.#configuration += 1;
    } else if (shard.pieces === undefined) {
      const source = this.#orders[shard.source];
      source?.freeze(shard.slot);
      shard.pieces = source?.pieces(shard.slot);
    } else if (owner?.slots.get(shard.slot)?.epoch !== shard.epoch) {
      owner?.install(shard.pieces);
    } else {
      this.#orders[shard.source]?.slots.delete(shard.slot);
      [shard.source, shard.pieces] = [undefined, undefined];
      this.#configuration += 1;
    }
  }

  /** Shows the latest configuration to the client. */
  show(): void {
    const shards = this.#orders.map((_order, at) =>
      this.#shards.flatMap(({ first, last, epoch, owner, source }): Shard[] => {
        if (owner !== at) return [];
        const range = { first: asSlot(first), last: asSlot(last), epoch };
        return [{ ...range, source: source === undefined ? undefined : order(source + 1) }];
      }),
    );
    this.bench.show({ herald: radiant(1), configuration: configurationOf(this.#configuration, shards) });
    this.#collect();
  }

  pass(durationMs: number): void {
    this.bench.pass(durationMs);
    this.#collect();
  }

  /** Restarts the client's radiant, which loses all answers in flight. */
  restart(): void {
    this.#replies = [];
    this.bench.restart();
    this.#collect();
  }

  /** Makes an order forget its sessions, as orders do with sessions that were unused for an hour. */
  forgetSessions(at: number): void {
    this.hasForgotten = true;
    this.#orders[at % ORDERS]?.sessions.clear();
  }

  /** Completes all moves of shards, then delivers every message until every call is settled. */
  heal(): void {
    for (let step = 0; step < 4; step++) {
      for (const [at, shard] of this.#shards.entries()) if (shard.source !== undefined) this.advance(at, 0);
    }
    this.show();
    for (let round = 0; round < 2 * (TIMES.client.requestDeadlineMs / TIMES.raft.tickMs); round++) {
      while (this.#requests.length > 0) this.arrive(0);
      while (this.#replies.length > 0) this.reply(0);
      if (this.calls.every(({ number }) => this.bench.gist(number) !== undefined)) return;
      this.pass(TIMES.raft.tickMs);
    }
  }

  tokens(key: number): readonly string[] {
    const shard = this.#shards[key];
    if (shard === undefined) throw new Error('a key of this world');
    return this.#orders[shard.owner]?.slots.get(shard.slot)?.values ?? [];
  }

  /** Returns the least and the largest number of times that the token of a call may occur in its key's value. */
  bounds(number: CallNumber): readonly [number, number] {
    const outcome = this.bench.outcomes.get(number);
    if (outcome?.kind === 'written') return [1, 1];
    return [0, outcome?.kind === 'failed' && outcome.error.effect === 'none' ? 0 : 1];
  }

  #order(id: OrderId): ModelOrder {
    const found = this.#orders.find((_order, at) => order(at + 1) === id);
    if (found === undefined) throw new Error('an order of this world');
    return found;
  }

  #collect(): void {
    for (const asked of this.bench.asked.slice(this.#collected))
      this.#requests.push({ order: asked.order, request: asked });
    this.#collected = this.bench.asked.length;
  }
}

function taken<Item>(items: Item[], at: number): Item | undefined {
  return items.splice(at % Math.max(items.length, 1), 1)[0];
}
