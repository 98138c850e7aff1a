/**
 * Checks the ownership of slots (design, rule 10) at every event, from decided entries and from answers. One order at a
 * time serves a slot. A frozen shard does not change. A discarded shard is held by another order. No answer is computed
 * from a state that does not own the slot.
 */
import { EMPTY_HASH, feedBytes, hashText } from '../../../store/hash.ts';
import type { Entry, ShardEntry } from '../../../wire/entries/command.ts';
import type { CreationRecord, ShardRange } from '../../../wire/configuration/configuration.ts';
import { type BootId, type OrderId, shortId, type Slot } from '../../../wire/identifiers.ts';
import type { CoverageListener } from '../../coverage.ts';
import type { ObservedRadiant, Observer } from '../../world/observer.ts';
import { check } from '../../violation.ts';
import type { AnswerListener, GivenAnswer, SlotQuestion } from '../given-answers.ts';
import type { EntryListener } from '../log-listener.ts';
import { saidIn } from '../said-frame.ts';
import { describeHeld, describeShard, ShardLedger } from './shard-ledger.ts';
import { SlotOwners } from './slot-owners.ts';

/** By order: the applied index of the radiant's replica after its previous event. */
type Applied = Map<OrderId, number>;

export class Ownership implements Observer, EntryListener, AnswerListener {
  readonly #covered: CoverageListener;
  readonly #ledgers = new Map<OrderId, ShardLedger>();
  readonly #owners = new SlotOwners();
  /**
   * By client and sequence number: the index of the log entry in which the command first took effect or was found done.
   */
  readonly #done = new Map<string, number>();
  /** By chunk of a frozen shard: the content of the chunk when it was first seen. */
  readonly #pieces = new Map<string, string>();
  /** By side and shard of a handover: the boot that last acted in it. */
  readonly #handedBy = new Map<string, BootId>();
  readonly #applied = new Map<ObservedRadiant, Applied>();
  /** Answers that the current event gave. They are checked after the event, when its applied entries are known. */
  readonly #given: GivenAnswer[] = [];

  constructor(covered: CoverageListener = () => undefined) {
    this.#covered = covered;
  }

  born(order: OrderId, { firstShards }: CreationRecord): void {
    this.#ledgers.set(order, new ShardLedger(firstShards));
    for (const shard of firstShards) this.#owners.begins(order, shard);
  }

  decided(order: OrderId, index: number, entry: Entry): void {
    const ledger = this.#ledgers.get(order);
    if (ledger === undefined) return;
    if (entry.kind === 'command') {
      const { slot, sequence } = entry.command;
      const name = `${order}/${entry.client}/${sequence}`;
      if (ledger.epochOf(slot) !== undefined && !this.#done.has(name)) this.#done.set(name, index);
    } else if (isAboutShards(entry)) this.#decide(order, ledger, index, entry);
  }

  /** Number of slots that an order serves by its decided entries. */
  servedBy(order: OrderId): number {
    return this.#owners.countOf(order);
  }

  /** Whether one of the orders waits for a shard, or still holds a shard that it no longer serves. */
  isUnsettled(orders: readonly OrderId[]): boolean {
    return orders.some((order) =>
      this.#ledgers.get(order)?.latest.some(({ shardState }) => shardState.kind !== 'active'),
    );
  }

  given(_radiant: ObservedRadiant, answer: GivenAnswer): void {
    this.#given.push(answer);
  }

  sent(radiant: ObservedRadiant, bytes: Uint8Array): void {
    const frame = saidIn(bytes);
    const { header } = frame;
    if (header.sender !== radiant.radiant || header.group === undefined) return;
    const { body } = frame;
    if (body.kind === 'shard-chunk') {
      this.#isPiece(body.from, body);
      if (this.#isResumed(`from ${body.from}`, radiant, body)) this.#covered('handover-resumed-by-its-source');
    } else if (body.kind === 'shard-request' && this.#isResumed(`to ${body.to}`, radiant, body))
      this.#covered('handover-resumed-by-its-target');
  }

  handled(radiant: ObservedRadiant): void {
    const before = this.#applied.get(radiant);
    if (this.#given.length === 0 && before !== undefined && isAsBefore(radiant, before)) return;
    const now: Applied = new Map();
    for (const { order, replica } of radiant.replicas()) {
      now.set(order, replica.applied);
      const ledger = this.#ledgers.get(order);
      const from = before?.get(order);
      if (ledger === undefined || (from !== undefined && !ledger.changes(from, replica.applied))) continue;
      if (from !== replica.applied) this.#compare(radiant, order, ledger, replica.applied);
    }
    for (const given of this.#given.splice(0)) this.#judge(radiant, given, before, now);
    this.#applied.set(radiant, now);
  }

  ended(radiant: ObservedRadiant): void {
    this.handled(radiant);
    this.#applied.delete(radiant);
  }

  #decide(order: OrderId, ledger: ShardLedger, index: number, entry: ShardEntry): void {
    if (entry.kind === 'install') this.#isPiece(entry.from, entry);
    const { kind } = ledger.decide(index, entry);
    const { shard } = entry;
    if (kind === 'frozen') this.#owners.ends(order, shard);
    else if (kind === 'arrived' || kind === 'consolidated') this.#owners.begins(order, shard);
    else if (kind === 'discarded') this.#owners.isForgotten(order, shard);
  }

  /** Checks that a chunk of a frozen shard has the same content on every replica at all times. */
  #isPiece(
    from: OrderId,
    piece: { readonly shard: ShardRange; readonly chunk: number; readonly isLast: boolean; readonly bytes: Uint8Array },
  ): void {
    const { shard, chunk, isLast, bytes } = piece;
    const name = `${from}/${describeShard(shard)}/${chunk}`;
    const content = `${hashText(feedBytes(EMPTY_HASH, bytes))}${isLast ? ' at the end' : ''}`;
    const known = this.#pieces.get(name);
    this.#pieces.set(name, content);
    check(
      known === undefined || known === content,
      'a frozen shard does not change',
      () => `piece ${chunk} of ${describeShard(shard)} of ${shortId(from)} is another one than was seen before`,
    );
  }

  /** Whether the handover continues in another boot than before. */
  #isResumed(side: string, { boot }: ObservedRadiant, { shard }: { readonly shard: ShardRange }): boolean {
    const name = `${side} ${describeShard(shard)}`;
    const before = this.#handedBy.get(name);
    this.#handedBy.set(name, boot);
    return before !== undefined && before !== boot;
  }

  /** Checks that a replica holds exactly the shards that follow from its applied entries. */
  #compare(radiant: ObservedRadiant, order: OrderId, ledger: ShardLedger, applied: number): void {
    const held = radiant.shards(order);
    if (held === undefined) return;
    const [own, reckoned] = [describeHeld(held), describeHeld(ledger.at(applied))];
    check(
      own === reckoned,
      'a replica holds what its log says',
      () => `${radiant.name} has applied ${applied} entries of ${shortId(order)}, and holds ${own}; not ${reckoned}`,
    );
  }

  #judge(radiant: ObservedRadiant, given: GivenAnswer, before: Applied | undefined, now: Applied): void {
    const { order, question, reply } = given;
    const { answer, id } = reply;
    const ledger = this.#ledgers.get(order);
    if (ledger === undefined) return;
    const applied = now.get(order) ?? before?.get(order);
    if (answer.kind === 'written' && question.kind === 'command') {
      const doneAt = this.#done.get(`${order}/${id.client}/${question.command.sequence}`);
      check(
        doneAt !== undefined && doneAt <= (applied ?? 0),
        'a write is answered by the order that owned the slot',
        () => `${radiant.name} of ${shortId(order)} acknowledges slot ${slotOf(question)}, having applied ${applied}`,
      );
    } else if (answer.kind === 'value' || answer.kind === 'missing') {
      check(
        applied !== undefined && ledger.isServed(slotOf(question), before?.get(order) ?? 0, applied),
        'a read is answered by the order that owns the slot',
        () => `${radiant.name} of ${shortId(order)} has applied ${applied} entries, and reads slot ${slotOf(question)}`,
      );
    }
  }
}

function isAsBefore(radiant: ObservedRadiant, before: Applied): boolean {
  const replicas = radiant.replicas();
  return (
    replicas.length === before.size && replicas.every(({ order, replica }) => before.get(order) === replica.applied)
  );
}

function isAboutShards(entry: Entry): entry is ShardEntry {
  return (
    entry.kind === 'freeze' || entry.kind === 'install' || entry.kind === 'discard' || entry.kind === 'consolidate'
  );
}

function slotOf(question: SlotQuestion): Slot {
  return question.kind === 'command' ? question.command.slot : question.slot;
}
