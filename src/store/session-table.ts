import { asSequenceNumber, type ClientId, type LogIndex, type SequenceNumber, type Slot } from '../wire/identifiers.ts';
import type { StateSession } from '../wire/records/state-chunk.ts';
import { EMPTY_HASH, feedNumbers, feedText, type Hash } from './hash.ts';
import { KeptSessions } from './kept-sessions.ts';
import type { Origin } from './shard-map.ts';
import { SetDigest } from './set-digest.ts';

/** A client that may write here. */
export class Session {
  readonly client: ClientId;
  /** Who may change it; for all others it is shared, and cloned before a change. */
  readonly owner: object;
  lastUsedMs: number;
  /** The client has the answers up to here: their outcomes are forgotten, and the commands refused. */
  finishedThrough: SequenceNumber = asSequenceNumber(0);
  /** Of the entry that opened it here; 0: it came along with a shard. */
  readonly openedAt: LogIndex;
  /** Of the entries with which shards came whose sessions it was among, in their order. */
  admissions: readonly LogIndex[];
  /** In which slot the outcome of each unfinished command is kept. */
  readonly unfinished: Map<SequenceNumber, Slot>;

  constructor(
    client: ClientId,
    owner: object,
    lastUsedMs: number,
    openedAt: LogIndex,
    admissions: readonly LogIndex[] = [],
    unfinished = new Map<SequenceNumber, Slot>(),
  ) {
    this.client = client;
    this.owner = owner;
    this.lastUsedMs = lastUsedMs;
    this.openedAt = openedAt;
    this.admissions = admissions;
    this.unfinished = unfinished;
  }

  clone(owner: object): Session {
    const { client, lastUsedMs, openedAt, admissions } = this;
    const copy = new Session(client, owner, lastUsedMs, openedAt, admissions, new Map(this.unfinished));
    copy.finishedThrough = this.finishedThrough;
    return copy;
  }

  /**
   * Whether its commands take effect in slots of this origin. Of a session that did not come along with them, and could
   * have written into them elsewhere, it is not known what it did: it may have expired there, and its outcomes with it.
   */
  mayWrite({ since, closedThrough }: Origin): boolean {
    return this.openedAt > closedThrough || this.admissions.includes(since);
  }

  /** Moves the watermark, which never goes back, and takes out what lies at or below it. */
  finish(finishedThrough: SequenceNumber): ReadonlyMap<SequenceNumber, Slot> {
    const finished = new Map<SequenceNumber, Slot>();
    if (finishedThrough <= this.finishedThrough) return finished;
    this.finishedThrough = finishedThrough;
    for (const [sequence, slot] of this.unfinished) {
      if (sequence <= finishedThrough) finished.set(sequence, slot);
    }
    for (const sequence of finished.keys()) this.unfinished.delete(sequence);
    return finished;
  }
}

/** The sessions of one order, the longest unused first. */
export class SessionTable {
  readonly #sessions: Map<ClientId, Session>;
  readonly #digest: SetDigest;
  #owner: object = {};
  /** As they were when they were kept last, shared with whoever keeps them; and whose have changed since. */
  #kept: KeptSessions | undefined;
  #changed = new Set<ClientId>();

  constructor(sessions = new Map<ClientId, Session>(), digest = new SetDigest()) {
    this.#sessions = sessions;
    this.#digest = digest;
  }

  /** From now on both copies clone a session before they change it. */
  clone(): SessionTable {
    this.#owner = {};
    const copy = new SessionTable(new Map(this.#sessions), this.#digest.clone());
    copy.#kept = this.#kept;
    copy.#changed = new Set(this.#changed);
    return copy;
  }

  get size(): number {
    return this.#sessions.size;
  }

  hash(): Hash {
    return this.#digest.hash;
  }

  has(client: ClientId): boolean {
    return this.#sessions.has(client);
  }

  /** The same of those only that may write into slots of all these origins. */
  keptFor(origins: readonly Origin[]): KeptSessions {
    const kept = this.kept();
    const strangers = [...this.#sessions.values()].filter((session) => !origins.every((one) => session.mayWrite(one)));
    if (strangers.length === 0) return kept;
    const known = kept.clone();
    for (const { client } of strangers) known.drop(client);
    return known;
  }

  /** How far each client has finished, as of now. It stays so, and shares most with those that were kept before. */
  kept(): KeptSessions {
    const kept = this.#kept?.clone() ?? KeptSessions.none();
    const changed = this.#kept === undefined ? this.#sessions.keys() : this.#changed;
    for (const client of changed) {
      const session = this.#sessions.get(client);
      if (session === undefined) kept.drop(client);
      else kept.set(client, session.finishedThrough);
    }
    this.#kept = kept;
    this.#changed.clear();
    return kept;
  }

  /** @param openedAt 0: it comes along with a shard */
  open(client: ClientId, nowMs: number, openedAt: LogIndex): void {
    this.#put(new Session(client, this.#owner, nowMs, openedAt));
  }

  /**
   * Puts back a session that was used after all that are here. What it has not finished is the caller's to add.
   */
  restore({ client, lastUsedMs, finishedThrough, openedAt }: StateSession, admissions: readonly LogIndex[]): Session {
    const session = new Session(client, this.#owner, lastUsedMs, openedAt, admissions);
    session.finishedThrough = finishedThrough;
    this.#put(session);
    return session;
  }

  /** The longest unused first; of those used at the same time, by their ids. */
  sorted(): readonly Session[] {
    return [...this.#sessions.values()].toSorted(
      (left, right) => left.lastUsedMs - right.lastUsedMs || (left.client < right.client ? -1 : 1),
    );
  }

  /** Changes one session, which counts as used now; undefined where there is none. */
  use<Value>(client: ClientId, nowMs: number, change: (session: Session) => Value): Value | undefined {
    const current = this.#sessions.get(client);
    if (current === undefined) return undefined;
    this.#take(current);
    const session = current.owner === this.#owner ? current : current.clone(this.#owner);
    session.lastUsedMs = nowMs;
    const result = change(session);
    this.#put(session);
    return result;
  }

  /** The outcome of a command goes elsewhere, and is kept there. This is no use of the session. */
  release(client: ClientId, sequence: SequenceNumber): void {
    const current = this.#sessions.get(client);
    if (current === undefined) return;
    const session = current.owner === this.#owner ? current : current.clone(this.#owner);
    session.unfinished.delete(sequence);
    // In its old place among the others; what it has not finished is no part of the digest.
    this.#sessions.set(client, session);
  }

  /** Takes out one session that was last used at `lastUsedMs` or before, if there is one. */
  takeUnusedSince(lastUsedMs: number): Session | undefined {
    const [oldest] = this.#sessions.values();
    if (oldest === undefined || oldest.lastUsedMs > lastUsedMs) return undefined;
    this.#take(oldest);
    return oldest;
  }

  /** Takes out the longest unused ones, so that at most `largest` remain. */
  takeBeyond(largest: number): readonly Session[] {
    if (this.#sessions.size <= largest) return [];
    // Sorted: of those used at the same time, a restored state may list others first.
    const taken = this.sorted().slice(0, this.#sessions.size - largest);
    for (const session of taken) this.#take(session);
    return taken;
  }

  #put(session: Session): void {
    // A map lists in order of insertion, and log time never goes back: what was used last lies last.
    this.#sessions.set(session.client, session);
    this.#digest.add(hashOf(session));
    this.#note(session);
  }

  #take(session: Session): void {
    this.#sessions.delete(session.client);
    this.#digest.remove(hashOf(session));
    this.#note(session);
  }

  /** Where as many have changed as there are, nothing is worth sharing any more. */
  #note({ client }: Session): void {
    if (this.#kept === undefined) return;
    this.#changed.add(client);
    if (this.#changed.size <= this.#sessions.size) return;
    this.#kept = undefined;
    this.#changed.clear();
  }
}

/** Its unfinished commands are in the digests of their slots. */
function hashOf({ client, lastUsedMs, finishedThrough, openedAt, admissions }: Session): Hash {
  return feedNumbers(feedText(EMPTY_HASH, client), lastUsedMs, finishedThrough, openedAt, ...admissions);
}
