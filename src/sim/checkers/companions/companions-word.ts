/**
 * Checks everything that an order with one voter tells other orders, and the configurations that its bondsmith decides
 * (design, rule 6). A shard is handed out only if the companion holds the freeze. A shard is reported as arrived only
 * if the companion holds all of its chunks. A configuration is used only if the companion holds the decision. Otherwise
 * the loss of one disk would undo a state that others depend on.
 */
import type { WriteBatch } from '../../../storage/contract.ts';
import type { Entry } from '../../../wire/entries/command.ts';
import { type OrderId, shortId } from '../../../wire/identifiers.ts';
import type { ObservedRadiant, Observer } from '../../world/observer.ts';
import { check } from '../../violation.ts';
import type { CompanionLedger } from './companion-ledger.ts';
import { configurationIn } from '../shards/configuration-history.ts';
import type { EntryListener } from '../log-listener.ts';
import type { OrderHistory } from '../raft/order-history.ts';
import { saidIn } from '../said-frame.ts';
import { describeShard } from '../shards/shard-ledger.ts';

export interface CompanionDurabilityCheckerOptions {
  readonly historyOf: (order: OrderId) => OrderHistory | undefined;
  readonly ledgerOf: (order: OrderId) => CompanionLedger | undefined;
}

interface Told {
  readonly order: OrderId;
  readonly what: string;
}

export class CompanionDurabilityChecker implements Observer, EntryListener {
  readonly #options: CompanionDurabilityCheckerOptions;
  /**
   * By order and subject, such as `ORDER/freeze SHARD`: the index of the first log entry that a message on the subject
   * may depend on.
   */
  readonly #places = new Map<string, number>();
  /** Messages of the current event. They are checked after the event, because the event may dismiss the companion. */
  readonly #told: Told[] = [];

  constructor(options: CompanionDurabilityCheckerOptions) {
    this.#options = options;
  }

  decided(order: OrderId, index: number, entry: Entry): void {
    const what = whatIsTold(entry);
    const name = `${order}/${what}`;
    if (what !== undefined && !this.#places.has(name)) this.#places.set(name, index);
  }

  sent(radiant: ObservedRadiant, bytes: Uint8Array): void {
    const frame = saidIn(bytes);
    if (frame.header.sender !== radiant.radiant || frame.header.group === undefined) return;
    const { body } = frame;
    if (body.kind === 'shard-chunk') this.#told.push({ order: body.from, what: `freeze ${describeShard(body.shard)}` });
    else if (body.kind === 'request') {
      const { question } = body.request;
      if (question.kind !== 'administer' || question.administration.kind !== 'installed') return;
      const { order, shard } = question.administration;
      this.#told.push({ order, what: `install ${describeShard(shard)}` });
    }
  }

  writeBegan(_radiant: ObservedRadiant, batch: WriteBatch): void {
    const configuration = configurationIn(batch);
    const order = configuration?.bondsmith?.id;
    if (order !== undefined) this.#told.push({ order, what: `configuration ${configuration?.number}` });
  }

  handled(radiant: ObservedRadiant): void {
    for (const told of this.#told.splice(0)) this.#isHeld(radiant, told);
  }

  ended(radiant: ObservedRadiant): void {
    this.handled(radiant);
  }

  /** Checks that a companion holds the entry behind a message. An undecided entry is left to the other checkers. */
  #isHeld(radiant: ObservedRadiant, { order, what }: Told): void {
    const place = this.#places.get(`${order}/${what}`);
    const history = this.#options.historyOf(order);
    const companions = this.#options.ledgerOf(order)?.between(place ?? 0, Number.POSITIVE_INFINITY) ?? [];
    if (place === undefined || history === undefined) return;
    check(
      companions.some((companion) => companion === undefined || history.isHeldBy(companion, place)),
      "an entry that others depend on is on the companion's disk",
      () =>
        `${radiant.name} depends on entry ${place} of ${shortId(order)} (${what}), which ${companions.join(' ')} did not flush`,
    );
  }
}

function whatIsTold(entry: Entry): string | undefined {
  switch (entry.kind) {
    case 'freeze':
      return `freeze ${describeShard(entry.shard)}`;
    case 'install':
      return entry.isLast ? `install ${describeShard(entry.shard)}` : undefined;
    case 'configure':
      return `configuration ${entry.base + 1}`;
    default:
      return undefined;
  }
}
