/**
 * Checks every answer to a write of a sole voter (design, rule 6). If the order's log names a companion, the write is
 * on the companion's disk.
 */
import type { Entry } from '../../../wire/entries/command.ts';
import type { CreationRecord } from '../../../wire/configuration/configuration.ts';
import { type OrderId, shortId } from '../../../wire/identifiers.ts';
import type { CoverageListener } from '../../coverage.ts';
import type { ObservedRadiant, Observer } from '../../world/observer.ts';
import { check } from '../../violation.ts';
import { CompanionLedger } from './companion-ledger.ts';
import type { AnswerListener, GivenAnswer } from '../given-answers.ts';
import type { EntryListener } from '../log-listener.ts';
import type { OrderHistory } from '../raft/order-history.ts';

/** By order: the applied index of the radiant's replica after its previous event. */
type Applied = ReadonlyMap<OrderId, number>;

export class Companions implements Observer, EntryListener, AnswerListener {
  readonly #historyOf: (order: OrderId) => OrderHistory | undefined;
  readonly #covered: CoverageListener;
  readonly #ledgers = new Map<OrderId, CompanionLedger>();
  /** By order, client and sequence number: the index of the first log entry with the command. */
  readonly #places = new Map<string, number>();
  readonly #applied = new Map<ObservedRadiant, Applied>();
  /** Answers that the current event gave. */
  readonly #given: GivenAnswer[] = [];

  constructor(historyOf: (order: OrderId) => OrderHistory | undefined, covered: CoverageListener) {
    this.#historyOf = historyOf;
    this.#covered = covered;
  }

  born(order: OrderId, creation: CreationRecord): void {
    const radiantOf: ConstructorParameters<typeof CompanionLedger>[1] = (replica) =>
      this.#historyOf(order)?.radiantOf(replica);
    this.#ledgers.set(order, new CompanionLedger(creation, radiantOf));
  }

  decided(order: OrderId, index: number, entry: Entry): void {
    if (entry.kind === 'command') {
      const name = `${order}/${entry.client}/${entry.command.sequence}`;
      if (!this.#places.has(name)) this.#places.set(name, index);
      return;
    }
    const ledger = this.#ledgers.get(order);
    const before = ledger?.latest;
    ledger?.decide(index, entry);
    if (ledger?.latest !== undefined && ledger.latest !== before) this.#covered('companion-named');
    if (before !== undefined && entry.kind === 'companion' && entry.companion !== before)
      this.#covered('companion-lost');
  }

  /** The order's companions so far. Undefined: no creation record of the order has been seen. */
  ledgerOf(order: OrderId): CompanionLedger | undefined {
    return this.#ledgers.get(order);
  }

  given(_radiant: ObservedRadiant, answer: GivenAnswer): void {
    if (answer.question.kind === 'command' && answer.reply.answer.kind === 'written') this.#given.push(answer);
  }

  handled(radiant: ObservedRadiant): void {
    const before = this.#applied.get(radiant);
    if (this.#given.length === 0 && before !== undefined && isAsBefore(radiant, before)) return;
    const now = new Map(radiant.replicas().map(({ order, replica }) => [order, replica.applied]));
    for (const answer of this.#given.splice(0)) this.#judge(radiant, answer, before, now);
    this.#applied.set(radiant, now);
  }

  ended(radiant: ObservedRadiant): void {
    this.handled(radiant);
    this.#applied.delete(radiant);
  }

  #judge(radiant: ObservedRadiant, given: GivenAnswer, before: Applied | undefined, now: Applied): void {
    const { order, question, reply } = given;
    const history = this.#historyOf(order);
    const ledger = this.#ledgers.get(order);
    const applied = now.get(order);
    if (question.kind !== 'command' || history === undefined || ledger === undefined || applied === undefined) return;
    const place = this.#places.get(`${order}/${reply.id.client}/${question.command.sequence}`);
    if (place === undefined) return;
    const waitedFor = ledger.between(Math.max(place, before?.get(order) ?? 0), applied);
    const own = radiant.replicas().find((replica) => replica.order === order)?.replica.replica;
    const { voters, outgoingVoters } = history.memberships.latest;
    const isAlone = voters.length === 1 && voters[0] === own && outgoingVoters.length === 0;
    check(
      !isAlone || own === undefined || !waitedFor.every((companion) => companion === own),
      'a sole voter is not its own companion',
      () => `${radiant.name} of ${shortId(order)} decides alone, and answers entry ${place} by its own disk`,
    );
    const isOnDisk = waitedFor.some((companion) => companion === undefined || history.isHeldBy(companion, place));
    check(
      isOnDisk,
      "an acknowledged write is on the companion's disk",
      () => `${radiant.name} of ${shortId(order)} answers entry ${place}, which ${waitedFor.join(' ')} did not flush`,
    );
    if (waitedFor.every((companion) => companion !== undefined)) this.#covered('acknowledged-by-companion');
  }
}

function isAsBefore(radiant: ObservedRadiant, before: Applied): boolean {
  const replicas = radiant.replicas();
  return (
    replicas.length === before.size && replicas.every(({ order, replica }) => before.get(order) === replica.applied)
  );
}
