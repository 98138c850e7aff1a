/**
 * Settles transactions that their clients left open (design, rule 16). The herald of a locked slot asks the home of the
 * transaction, which aborts it if it is undecided. The herald of a home tells the participants of a commit, and forgets
 * the commit once all of them have performed it.
 */
import type { Settle } from '../wire/entries/command.ts';
import type { Question, Reply, Request } from '../wire/frames/frame.ts';
import {
  asRequestNumber,
  bytesFromHex,
  type ClientId,
  idFromBytes,
  type OrderId,
  type RequestNumber,
  type Slot,
} from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { Clock } from './clock.ts';
import type { ConfigurationHolder } from './configuration-holder.ts';
import type { OpenTransaction } from './herald/open-transactions.ts';
import type { Identity } from './identity.ts';
import type { LocalOrder } from './orders/local-order.ts';

interface TransactionSettlerOptions {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly configuration: ConfigurationHolder;
  readonly orders: ReadonlyMap<OrderId, LocalOrder>;
  /** Sends a request. The reply goes to `take`, perhaps before this call returns. */
  readonly ask: (order: OrderId, request: Request) => void;
}

/** The steps that settle one open transaction. */
interface Settling {
  readonly order: OrderId;
  readonly open: OpenTransaction;
  /** The slot that each unanswered request asks. */
  readonly asked: Map<RequestNumber, Slot>;
  /** The participants that have performed the commit. */
  readonly performed: Set<Slot>;
  /** The decision of the home. Undefined while it is unknown. */
  isCommitted: boolean | undefined;
  notBeforeMs: number;
}

export class TransactionSettler {
  readonly client: ClientId;
  readonly #options: TransactionSettlerOptions;
  #settlings: ReadonlyMap<string, Settling> = new Map();
  #number = 0;

  constructor(options: TransactionSettlerOptions) {
    // The boot id is the client id of requests to the bondsmith, so the settler needs another unique id.
    this.client = idFromBytes<ClientId>(bytesFromHex(options.identity.boot).toReversed());
    this.#options = options;
  }

  tick(): void {
    const settlings = new Map<string, Settling>();
    for (const [order, local] of this.#options.orders) {
      for (const open of local.dueTransactions(this.#options.clock.nowMs)) {
        if (settlings.size >= LIMITS.transactions.settledAtOnce) break;
        const name = `${order} ${open.name}`;
        settlings.set(name, this.#settlings.get(name) ?? newSettling(order, open));
      }
    }
    this.#settlings = settlings;
    for (const settling of settlings.values()) this.#reconcile(settling);
  }

  take({ id, answer }: Reply): void {
    for (const settling of this.#settlings.values()) {
      const slot = settling.asked.get(id.number);
      if (slot === undefined) continue;
      settling.asked.delete(id.number);
      // A refused request is repeated after its delay.
      if (answer.kind !== 'settled') return;
      if (settling.open.kind === 'lock') settling.isCommitted = answer.isCommitted;
      else settling.performed.add(slot);
      this.#decide(settling);
      return;
    }
  }

  #reconcile(settling: Settling): void {
    const { nowMs, times } = this.#options.clock;
    if (nowMs < settling.notBeforeMs) return;
    settling.notBeforeMs = nowMs + times.client.requestRetryMs;
    settling.asked.clear();
    if (this.#decide(settling)) return;
    const { open, performed } = settling;
    if (open.kind === 'lock') this.#ask(settling, open.home, 'resolve');
    else for (const slot of open.participants) if (!performed.has(slot)) this.#ask(settling, slot, 'commit');
  }

  /** Proposes the last step once its condition is known to be met. Returns whether it is. */
  #decide({ order, open, isCommitted, performed }: Settling): boolean {
    const step = lastStep(open, isCommitted, performed);
    if (step === undefined) return false;
    const { slot, shardEpoch, transaction } = open;
    this.#options.orders.get(order)?.propose({ kind: 'settle', step, slot, shardEpoch, transaction });
    return true;
  }

  #ask(settling: Settling, slot: Slot, step: Settle['step']): void {
    const served = this.#options.configuration.shardAt(slot);
    if (served === undefined) return;
    this.#number += 1;
    const number = asRequestNumber(this.#number);
    settling.asked.set(number, slot);
    const { transaction } = settling.open;
    const question: Question = { kind: 'settle', step, slot, shardEpoch: served.shard.epoch, transaction };
    const id = { client: this.client, clientBoot: this.#options.identity.boot, number };
    this.#options.ask(served.order, { id, question });
  }
}

function newSettling(order: OrderId, open: OpenTransaction): Settling {
  return { order, open, asked: new Map(), performed: new Set(), isCommitted: undefined, notBeforeMs: 0 };
}

function lastStep(
  open: OpenTransaction,
  isCommitted: boolean | undefined,
  performed: ReadonlySet<Slot>,
): Settle['step'] | undefined {
  if (open.kind === 'commit') return open.participants.every((slot) => performed.has(slot)) ? 'forget' : undefined;
  if (isCommitted === undefined) return undefined;
  return isCommitted ? 'commit' : 'abort';
}
