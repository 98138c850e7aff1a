import type { ShardRange } from '../wire/configuration/configuration.ts';
import { malformed } from '../wire/decoding.ts';
import type { ClientId, SequenceNumber, Slot } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { KeptItem, SlotItem } from '../wire/records/state-chunk.ts';
import { KeptSessions } from './kept-sessions.ts';
import type { ShardContents } from './state-items.ts';
import { isWithin } from './shard-map.ts';
import { RecentChanges } from './recent-changes.ts';
import { checkWindowSize, SlotReader } from './slot-reader.ts';

/** The slot that holds the outcome of each unfinished command, by client and sequence number. */
export type Unfinished = ReadonlyMap<ClientId, ReadonlyMap<SequenceNumber, Slot>>;

/** Reads the items of one frozen or incoming shard. The sessions precede the slots. */
export class ContentsReader {
  readonly #shard: ShardRange;
  readonly #generation: number;
  /** The sessions to which the session items apply changes. */
  readonly #before: KeptSessions;
  #sessions: KeptSessions;
  #slots = new SlotReader();
  #unfinished = new Map<ClientId, Map<SequenceNumber, Slot>>();
  #latestClient = '';
  /** Clients by session number. Undefined while more sessions may follow. */
  #clients: readonly ClientId[] | undefined;

  /** @param before sessions to which the session items apply changes */
  constructor(shard: ShardRange, generation: number, before = KeptSessions.none()) {
    this.#shard = shard;
    this.#generation = generation;
    this.#before = before;
    this.#sessions = before.clone();
  }

  /** Returns a copy. Both copies share the data until one of them changes it. */
  clone(): ContentsReader {
    const copy = new ContentsReader(this.#shard, this.#generation, this.#before);
    copy.#sessions = this.#sessions.clone();
    copy.#slots = this.#slots.clone();
    copy.#unfinished = new Map(Array.from(this.#unfinished, ([client, ofClient]) => [client, new Map(ofClient)]));
    copy.#latestClient = this.#latestClient;
    copy.#clients = this.#clients;
    return copy;
  }

  /** The contents so far. The next item may change them. */
  get contents(): ShardContents {
    return { sessions: this.#sessions, slots: [...this.#slots.slots] };
  }

  /**
   * Returns the final contents.
   * @throws {ShardbearerError} `FRAME_MALFORMED` for more than `LIMITS.herald.sessions` sessions, or too many recent changes
   */
  finish(): ShardContents {
    if (this.#sessions.size > LIMITS.herald.sessions) throw malformed('a shard with too many sessions');
    checkWindowSize(RecentChanges.of(this.#slots.slots));
    return this.contents;
  }

  get unfinished(): Unfinished {
    return this.#unfinished;
  }

  /** @throws {ShardbearerError} `FRAME_MALFORMED` for an item out of order or out of place */
  take(item: KeptItem | SlotItem): void {
    if (item.kind !== 'kept' && item.kind !== 'dropped') {
      this.#slots.take(item, {
        generation: this.#generation,
        holds: (slot) => isWithin(slot, this.#shard),
        claim: (session, sequence, slot) => this.#claim(session, sequence, slot),
      });
      return;
    }
    if (!this.#slots.isEmpty) throw malformed('a session of a shard after its slots');
    if (item.client <= this.#latestClient) throw malformed('sessions of a shard out of order');
    this.#latestClient = item.client;
    const before = this.#before.get(item.client);
    if (item.kind === 'dropped') {
      if (before === undefined) throw malformed('a dropped session that the previous list does not have');
      this.#sessions.drop(item.client);
      return;
    }
    if (before === item.finishedThrough) throw malformed('a session that repeats the previous list');
    this.#sessions.set(item.client, item.finishedThrough);
  }

  #claim(session: number, sequence: SequenceNumber, slot: Slot): ClientId {
    this.#clients ??= this.finish().sessions.clients();
    const client = this.#clients[session];
    const finishedThrough = client && this.#sessions.get(client);
    if (client === undefined || finishedThrough === undefined) throw malformed('an outcome of an unknown session');
    if (sequence <= finishedThrough) throw malformed('an outcome that its client has finished');
    const unfinished = this.#unfinished.get(client) ?? new Map<SequenceNumber, Slot>();
    if (unfinished.has(sequence)) throw malformed('a command with two outcomes');
    unfinished.set(sequence, slot);
    this.#unfinished.set(client, unfinished);
    return client;
  }
}
