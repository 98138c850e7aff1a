import { assert } from '../wire/assertion.ts';
import { asSequenceNumber, type ClientId, type LogIndex, type SequenceNumber, type Slot } from '../wire/identifiers.ts';
import type { StateSession } from '../wire/records/state-chunk.ts';
import { EMPTY_HASH, feedNumbers, feedText, type Hash, SetDigest } from './hash.ts';
import { KeptSessions } from './kept-sessions.ts';
import type { Origin } from './shard-map.ts';

/** The session of one client in one order. Only a client with a session may write to the order. */
export class Session {
  readonly client: ClientId;
  /** The table that may change the session. Other tables share it and clone it before a change. */
  readonly owner: object;
  lastUsedMs: number;
  /** The client's watermark. Outcomes up to it are removed, and commands up to it are refused. */
  finishedThrough: SequenceNumber = asSequenceNumber(0);
  /** Index of the entry that opened the session in this order. 0 if the session arrived with a shard. */
  readonly openedAt: LogIndex;
  /**
   * Ascending indexes of the entries with which shards arrived that carried this session. Indexes of shards that have
   * left again can be missing.
   */
  admissions: readonly LogIndex[];
  /** The slot that keeps the outcome of each unfinished command, by the sequence number of the command. */
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
   * Whether commands of this session take effect in slots of this origin. A session that did not arrive with the slots
   * is excluded if it may have written to them at another order. The other order may have removed that session together
   * with its outcomes.
   */
  mayWrite({ since, closedThrough }: Origin): boolean {
    return this.openedAt > closedThrough || this.admissions.includes(since);
  }

  /**
   * Raises the watermark.
   * @returns the commands that the new watermark finishes, with their slots
   */
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

/** The sessions of one order, least recently used first. */
export class SessionTable {
  readonly #sessions: Map<ClientId, Session>;
  /** The digest of all sessions except `#undigested`. */
  readonly #digest: SetDigest;
  /** Clients whose sessions were opened or changed since the last `hash()`. */
  readonly #undigested = new Set<ClientId>();
  #owner: object = {};
  /** The result of the last `kept()`. The sessions of the clients in `#changed` have changed since. */
  #kept: KeptSessions | undefined;
  #changed = new Set<ClientId>();

  constructor(sessions = new Map<ClientId, Session>(), digest = new SetDigest()) {
    this.#sessions = sessions;
    this.#digest = digest;
  }

  /** Returns a copy. From then on both tables clone a session before they change it. */
  clone(): SessionTable {
    this.#owner = {};
    this.#completeDigest();
    const copy = new SessionTable(new Map(this.#sessions), this.#digest.clone());
    copy.#kept = this.#kept;
    copy.#changed = new Set(this.#changed);
    return copy;
  }

  get size(): number {
    return this.#sessions.size;
  }

  hash(): Hash {
    this.#completeDigest();
    return this.#digest.hash;
  }

  has(client: ClientId): boolean {
    return this.#sessions.has(client);
  }

  /** Returns the sessions of `kept()` that may write to slots of all these origins. */
  keptFor(origins: readonly Origin[]): KeptSessions {
    const kept = this.kept();
    const strangers = [...this.#sessions.values()].filter((session) => !origins.every((one) => session.mayWrite(one)));
    if (strangers.length === 0) return kept;
    const known = kept.clone();
    for (const { client } of strangers) known.drop(client);
    return known;
  }

  /** Returns the current watermarks as an immutable copy, which shares data with the previous copy. */
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

  /** @param openedAt 0 for a session that arrives with a shard */
  open(client: ClientId, nowMs: number, openedAt: LogIndex): Session {
    return this.#add(new Session(client, this.#owner, nowMs, openedAt));
  }

  /**
   * Restores a session. The caller restores sessions in the order of their last use, and adds their unfinished
   * commands.
   */
  restore({ client, lastUsedMs, finishedThrough, openedAt }: StateSession, admissions: readonly LogIndex[]): Session {
    const session = new Session(client, this.#owner, lastUsedMs, openedAt, admissions);
    session.finishedThrough = finishedThrough;
    return this.#add(session);
  }

  /** Returns the sessions, sorted by last use and then by client id. */
  sorted(): readonly Session[] {
    return [...this.#sessions.values()].toSorted(
      (left, right) => left.lastUsedMs - right.lastUsedMs || (left.client < right.client ? -1 : 1),
    );
  }

  /** Returns the session for changes, and marks it as used now. Undefined if the client has no session. */
  use(client: ClientId, nowMs: number): Session | undefined {
    const current = this.#sessions.get(client);
    if (current === undefined) return undefined;
    this.#beforeChange(client, current);
    const session = current.owner === this.#owner ? current : current.clone(this.#owner);
    session.lastUsedMs = nowMs;
    // A map keeps insertion order and log time never decreases, so the most recently used session is last.
    this.#sessions.delete(client);
    this.#sessions.set(client, session);
    return session;
  }

  /** Returns the session for reading. */
  get(client: ClientId): Readonly<Session> | undefined {
    return this.#sessions.get(client);
  }

  /** Adds an unfinished command. The time of the last use stays. */
  claim(client: ClientId, sequence: SequenceNumber, slot: Slot): void {
    this.#changeUnfinished(client, (unfinished) => unfinished.set(sequence, slot));
  }

  /** Removes an unfinished command whose outcome moves with a shard. The time of the last use stays. */
  release(client: ClientId, sequence: SequenceNumber): void {
    this.#changeUnfinished(client, (unfinished) => unfinished.delete(sequence));
  }

  #changeUnfinished(client: ClientId, change: (unfinished: Map<SequenceNumber, Slot>) => void): void {
    const current = this.#sessions.get(client);
    if (current === undefined) return;
    const session = current.owner === this.#owner ? current : current.clone(this.#owner);
    change(session.unfinished);
    // The session keeps its position in the map. The digest stays, because it does not cover unfinished commands.
    this.#sessions.set(client, session);
  }

  /** Removes the sessions that were last used at `lastUsedMs` or before. */
  takeUnusedSince(lastUsedMs: number): readonly Session[] {
    const taken: Session[] = [];
    for (const session of this.#sessions.values()) {
      if (session.lastUsedMs > lastUsedMs) break;
      this.#remove(session);
      taken.push(session);
    }
    return taken;
  }

  /** Removes the least recently used sessions so that at most `largest` remain. */
  takeBeyond(largest: number): readonly Session[] {
    if (this.#sessions.size <= largest) return [];
    // Sorts the sessions, because the map of a restored state may order sessions with the same last use differently.
    const taken = this.sorted().slice(0, this.#sessions.size - largest);
    for (const session of taken) this.#remove(session);
    return taken;
  }

  #add(session: Session): Session {
    this.#beforeChange(session.client, undefined);
    this.#sessions.set(session.client, session);
    return session;
  }

  #remove(session: Session): void {
    this.#beforeChange(session.client, session);
    this.#sessions.delete(session.client);
    this.#undigested.delete(session.client);
  }

  /** Removes the session from the digest until the next `hash()`, and notes the change for `kept()`. */
  #beforeChange(client: ClientId, current: Session | undefined): void {
    if (current !== undefined && !this.#undigested.has(client)) this.#digest.remove(hashOf(current));
    this.#undigested.add(client);
    if (this.#kept === undefined) return;
    this.#changed.add(client);
    // Once more clients have changed than exist, updating the last copy costs more than making a new one.
    if (this.#changed.size <= this.#sessions.size) return;
    this.#kept = undefined;
    this.#changed.clear();
  }

  #completeDigest(): void {
    for (const client of this.#undigested) {
      const session = this.#sessions.get(client);
      assert(session !== undefined, 'a removed session is in no digest');
      this.#digest.add(hashOf(session));
    }
    this.#undigested.clear();
  }
}

/** Hashes a session without its unfinished commands, since the hashes of the slots cover their outcomes. */
function hashOf({ client, lastUsedMs, finishedThrough, openedAt, admissions }: Session): Hash {
  return feedNumbers(feedText(EMPTY_HASH, client), lastUsedMs, finishedThrough, openedAt, ...admissions);
}
