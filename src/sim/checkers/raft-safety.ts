/**
 * Raft's five safety properties (Ongaro and Ousterhout, figure 3), judged at every
 * event from what replicas write, flush and say: bytes, not their own opinion.
 */
import { ordersIn } from '../../storage/keys.ts';
import type { Records, WriteBatch } from '../../storage/contract.ts';
import { decodeBody, decodeHeader } from '../../wire/frame-codec.ts';
import type { BootId, OrderId, RadiantId } from '../../wire/identifiers.ts';
import { decodeRaftMessage } from '../../wire/raft-codec.ts';
import type { RaftMessage } from '../../wire/raft-message.ts';
import type { ObservedRadiant, Observer } from '../observer.ts';
import { check } from '../violation.ts';
import { OrderHistory } from './order-history.ts';
import { ReplicaRecord } from './replica-record.ts';

/** One boot's part in one order. */
interface Part {
  /** Handed to the disk. */
  readonly issued: ReplicaRecord;
  /** Durable. */
  readonly flushed: ReplicaRecord;
  applied: number;
  committed: number;
  /** The term it led in at the last look; undefined: it did not lead. */
  leading: number | undefined;
}

export class RaftSafety implements Observer {
  readonly #histories = new Map<OrderId, OrderHistory>();
  readonly #parts = new Map<BootId, Map<OrderId, Part>>();
  /** Radiants whose memory was taken from them: their word no longer counts. */
  readonly #bereft = new Map<RadiantId, string>();

  /** Entries that are known to be committed, over all orders. */
  get committed(): number {
    return sum([...this.#histories.values()].map((history) => history.committed));
  }

  /** Reigns that began, over all orders. */
  get terms(): number {
    return sum([...this.#histories.values()].map((history) => history.terms));
  }

  /** From now on this radiant must never vote or acknowledge again: its disk was wiped or rolled back. */
  losesMemory(radiant: RadiantId, how: string): void {
    this.#bereft.set(radiant, how);
  }

  started(radiant: ObservedRadiant, records: Records): void {
    const parts = new Map<OrderId, Part>();
    this.#parts.set(radiant.boot, parts);
    for (const order of ordersIn(records.keys())) parts.set(order, newPart(order, records));
  }

  writeBegan(radiant: ObservedRadiant, batch: WriteBatch): void {
    for (const order of this.#ordersOf(batch)) {
      const part = this.#part(radiant, order);
      const { issued } = part;
      const lastIndexBefore = issued.log.lastIndex;
      const lastTermBefore = issued.log.lastTerm;
      const from = issued.apply(batch);
      if (issued.replica === undefined || from === undefined) continue;
      const { replica, log } = issued;
      check(
        part.leading === undefined || from > lastIndexBefore || log.lastTerm > part.leading,
        'leader append-only',
        () => `replica ${replica} leads term ${part.leading} and rewrites its log from ${from}`,
      );
      const history = this.#history(order);
      history.holds(replica, log, from);
      if (log.lastTerm !== lastTermBefore || from <= lastIndexBefore) history.isComplete(replica, log);
    }
  }

  writeFlushed(radiant: ObservedRadiant, batch: WriteBatch): void {
    for (const order of this.#ordersOf(batch)) {
      const { flushed } = this.#part(radiant, order);
      const from = flushed.apply(batch);
      const { replica, hardState, log } = flushed;
      // What it flushes after a loss proves nothing.
      if (replica === undefined || this.#bereft.has(radiant.radiant)) continue;
      const history = this.#history(order);
      if (from !== undefined) history.flushed(replica, log, from);
      if (hardState?.vote !== undefined) history.votes(replica, hardState.term, hardState.vote);
    }
  }

  sent(radiant: ObservedRadiant, bytes: Uint8Array): void {
    const { header, body } = decodeHeader(bytes);
    const { group, sender } = header;
    if (group === undefined || sender !== radiant.radiant) return;
    const envelope = decodeBody(body);
    if (envelope.kind !== 'consensus') return;
    const message = decodeRaftMessage(envelope.message);
    if (message.reject) return;
    if (message.type === 'vote-response') this.#promisesVote(radiant, group, message);
    else if (message.type === 'append-response') this.#acknowledges(radiant, group, message);
  }

  handled(radiant: ObservedRadiant): void {
    const parts = this.#parts.get(radiant.boot);
    if (parts === undefined || parts.size === 0) return;
    for (const { order, replica: view } of radiant.replicas()) {
      const part = parts.get(order);
      if (part === undefined) continue;
      const wasLeading = part.leading;
      part.leading = view.role === 'leader' ? view.reign : undefined;
      const history = this.#history(order);
      if (part.leading !== undefined) history.leads(view.replica, part.leading);
      if (view.committed > part.committed && part.leading !== undefined && part.leading === wasLeading) {
        checkCommitRule(part, view.committed);
      }
      part.committed = view.committed;
      if (view.applied > part.applied) this.#applies(order, part, view.reign, view.applied);
    }
  }

  ended(radiant: ObservedRadiant): void {
    this.#parts.delete(radiant.boot);
  }

  /** What a replica applies it has flushed; what it has in memory only may yet be another entry. */
  #applies(order: OrderId, part: Part, reign: number, through: number): void {
    const { replica, log, voters } = part.flushed;
    const history = this.#history(order);
    if (replica === undefined) return;
    check(
      through <= log.lastIndex,
      'an entry is durable before it is applied',
      () => `replica ${replica} applied entry ${through}; on its disk are ${log.lastIndex}`,
    );
    const firstNew = history.commits(replica, reign, log, part.applied + 1, through, voters);
    part.applied = through;
    if (firstNew === undefined) return;
    for (const parts of this.#parts.values()) {
      const other = parts.get(order)?.issued;
      if (other?.replica !== undefined) history.isComplete(other.replica, other.log, firstNew);
    }
  }

  #promisesVote(radiant: ObservedRadiant, order: OrderId, { from, to, term }: RaftMessage): void {
    this.#mayPromise(radiant);
    const state = this.#part(radiant, order).flushed.hardState;
    check(
      state !== undefined && (state.term > term || (state.term === term && state.vote === to)),
      'a vote is durable before it is given',
      () => `replica ${from} gives ${to} its vote in term ${term}; on its disk is ${JSON.stringify(state)}`,
    );
    this.#history(order).votes(from, term, to);
  }

  #acknowledges(radiant: ObservedRadiant, order: OrderId, { from, index }: RaftMessage): void {
    this.#mayPromise(radiant);
    const { log } = this.#part(radiant, order).flushed;
    check(
      index <= log.lastIndex,
      'an entry is durable before it is acknowledged',
      () => `replica ${from} acknowledges entry ${index}; on its disk are ${log.lastIndex}`,
    );
  }

  #mayPromise(radiant: ObservedRadiant): void {
    const how = this.#bereft.get(radiant.radiant);
    check(how === undefined, 'who lost its memory never votes or acknowledges', () => `${radiant.name}: ${how}`);
  }

  #ordersOf(batch: WriteBatch): readonly OrderId[] {
    return ordersIn(batch.map(({ key }) => key));
  }

  #part(radiant: ObservedRadiant, order: OrderId): Part {
    const parts = this.#parts.get(radiant.boot) ?? new Map<OrderId, Part>();
    this.#parts.set(radiant.boot, parts);
    let part = parts.get(order);
    if (part === undefined) {
      part = newPart(order, new Map());
      parts.set(order, part);
    }
    return part;
  }

  #history(order: OrderId): OrderHistory {
    let history = this.#histories.get(order);
    if (history === undefined) {
      history = new OrderHistory();
      this.#histories.set(order, history);
    }
    return history;
  }
}

/** §5.4.2: a leader counts copies only of entries of its own term; older ones commit together with those. */
function checkCommitRule({ issued: { log, replica }, leading }: Part, committed: number): void {
  const entry = log.at(committed);
  check(
    entry === undefined || entry.term === leading,
    'a leader commits by its own term',
    () => `replica ${replica} leads term ${leading} and commits entry ${committed} of term ${entry?.term}`,
  );
}

function newPart(order: OrderId, records: Records): Part {
  return {
    issued: new ReplicaRecord(order, records),
    flushed: new ReplicaRecord(order, records),
    applied: 0,
    committed: 0,
    leading: undefined,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
