/**
 * Raft's five safety properties (Ongaro and Ousterhout, figure 3) under membership changes and checkpoints. They are
 * checked after every event, from the bytes that replicas write, flush and send.
 */
import type { Records, WriteBatch } from '../../../storage/contract.ts';
import type { CreationRecord } from '../../../wire/configuration/configuration.ts';
import type { OrderId, RadiantId, ReplicaId } from '../../../wire/identifiers.ts';
import type { CoverageListener } from '../../coverage.ts';
import type { ObservedRadiant, ObservedReplica, Observer } from '../../world/observer.ts';
import { check } from '../../violation.ts';
import { changesIn } from '../group-changes.ts';
import { coveredByChange, coveredByVoters } from './membership-coverage.ts';
import type { LogListener } from '../log-listener.ts';
import { LostMemory } from './lost-memory.ts';
import { membersOf } from './membership-model.ts';
import { OrderHistory } from './order-history.ts';
import { Parts, type Part } from './part.ts';
import { checkAppendOnly, checkLeader, checkManifest } from './replica-checks.ts';
import { SentMessages } from './sent-messages.ts';

type ReplicaView = ObservedReplica['replica'];

export class RaftSafety implements Observer {
  readonly #covered: CoverageListener;
  readonly #listener: LogListener | undefined;
  readonly #histories = new Map<OrderId, OrderHistory>();
  readonly #born = new Set<OrderId>();
  readonly #parts = new Parts();
  /** Votes and acknowledgements of a radiant no longer count in the orders that it has forgotten. */
  readonly #lostMemory = new LostMemory();
  readonly #sentMessages: SentMessages;

  /** @param covered counts what happens to logs and memberships @param listener learns the decided entries */
  constructor(covered: CoverageListener = () => undefined, listener?: LogListener) {
    this.#covered = covered;
    this.#listener = listener;
    this.#sentMessages = new SentMessages({
      parts: this.#parts,
      histories: this.#histories,
      lostMemory: this.#lostMemory,
      covered,
      look: (radiant) => this.#look(radiant),
    });
  }

  get committed(): number {
    return sum([...this.#histories.values()].map((history) => history.committed));
  }

  get terms(): number {
    return sum([...this.#histories.values()].map(({ elections }) => elections.terms));
  }

  /** The history of an order. Undefined: no replica of the order has been seen. */
  history(order: OrderId): OrderHistory | undefined {
    return this.#histories.get(order);
  }

  /**
   * Records that the radiant's disk was wiped, damaged or rolled back. In the orders in which the radiant had flushed
   * something, the radiant must not vote or acknowledge from now on.
   */
  losesMemory(radiant: RadiantId, how: string): void {
    this.#lostMemory.loses(radiant, how);
  }

  hasLostMemory(order: OrderId, radiant: RadiantId): boolean {
    return this.#lostMemory.lossIn(order, radiant) !== undefined;
  }

  /** The orders that the radiant has forgotten, and that still have it as a member. */
  ordersWithForgetful(radiant: RadiantId): readonly OrderId[] {
    return this.#lostMemory.ordersLostBy(radiant).filter((order) => {
      const history = this.#histories.get(order);
      return (
        history !== undefined && membersOf(history.memberships.latest).some((one) => history.radiantOf(one) === radiant)
      );
    });
  }

  started(radiant: ObservedRadiant, records: Records): void {
    this.#parts.begin(
      radiant.boot,
      [...records].map(([key, value]) => ({ kind: 'put', key, value })),
    );
  }

  writeBegan(radiant: ObservedRadiant, batch: WriteBatch): void {
    this.#look(radiant);
    for (const changes of changesIn(batch)) {
      const { order } = changes;
      const part = this.#parts.in(radiant.boot, order);
      const { issued } = part;
      const before = { lastIndex: issued.log.lastIndex, lastTerm: issued.lastTerm };
      const update = issued.apply(changes);
      const { creation } = issued;
      if (creation === undefined) continue;
      const history = this.#historyOf(order, creation);
      if (update.isBirth) {
        history.isBorn(radiant.radiant, creation);
        Object.assign(part, { applied: 0, committed: 0, leading: undefined });
      }
      if (update.manifest !== undefined) checkManifest(part, history, update.manifest, update);
      if (update.from === undefined && !update.isInstall) continue;
      checkAppendOnly(part, update, before);
      history.holds(issued, update.from ?? issued.log.firstIndex);
      if (issued.lastTerm !== before.lastTerm || (update.from ?? 0) <= before.lastIndex) history.isComplete(issued);
    }
  }

  writeFlushed(radiant: ObservedRadiant, batch: WriteBatch): void {
    for (const changes of changesIn(batch)) {
      const { order } = changes;
      this.#lostMemory.flushes(radiant.radiant, order);
      const { flushed } = this.#parts.in(radiant.boot, order);
      const { lastIndex } = flushed.log;
      const update = flushed.apply(changes);
      const history = this.#histories.get(order);
      const { replica, hardState, creation } = flushed;
      if (update.isBirth && creation !== undefined) this.#isBorn(order, creation);
      // A flush after a loss of memory proves no copy and no vote.
      if (replica === undefined || history === undefined || this.hasLostMemory(order, radiant.radiant)) continue;
      if (update.manifest !== undefined) this.#covered(update.isInstall ? 'snapshot-installed' : 'checkpoint');
      if (update.isInstall) history.installed(flushed);
      if (update.from !== undefined) {
        if (update.from <= lastIndex && !update.isInstall) this.#covered('truncation');
        history.flushed(flushed, update.from);
      }
      history.knowsCommitted(replica, Math.max(flushed.base, hardState?.commit ?? 0));
      if (hardState?.vote !== undefined) history.elections.votes(replica, hardState.term, hardState.vote);
    }
  }

  sent(radiant: ObservedRadiant, bytes: Uint8Array): void {
    this.#sentMessages.sent(radiant, bytes);
  }

  handled(radiant: ObservedRadiant): void {
    this.#look(radiant);
  }

  ended(radiant: ObservedRadiant): void {
    this.#look(radiant);
    this.#parts.end(radiant.boot);
  }

  /** Compares the replicas of a radiant with their state after the radiant's previous event. */
  #look(radiant: ObservedRadiant): void {
    const parts = this.#parts.of(radiant.boot);
    if (parts === undefined || parts.size === 0) return;
    for (const { order, replica } of radiant.replicas()) {
      const part = parts.get(order);
      const history = this.#histories.get(order);
      // A new replica is judged from its first issued records on.
      if (part === undefined || history === undefined || part.issued.replica !== replica.replica) continue;
      this.#lookAt(order, history, part, replica);
    }
  }

  #lookAt(order: OrderId, history: OrderHistory, part: Part, view: ReplicaView): void {
    const wasLeading = part.leading;
    const leading = view.role === 'leader' ? view.term : undefined;
    const appliedBefore = part.applied;
    if (view.applied !== appliedBefore) this.#applies(order, history, part, view);
    part.leading = leading;
    if (leading !== undefined) {
      const isNew = leading !== wasLeading;
      if (isNew || view.committed > part.committed || view.applied !== appliedBefore) {
        const inForce = history.memberships.between(appliedBefore, view.applied);
        checkLeader(view.replica, leading, inForce.at(-1));
        if (isNew && history.elections.leads(view.replica, leading, inForce)) this.#covered('election');
        if (!isNew && view.committed > part.committed) {
          history.leaderCommits(view.replica, leading, view.committed, inForce);
        }
      }
    }
    part.committed = view.committed;
  }

  /** Checks that a replica applies only flushed entries. An unflushed entry may still be replaced. */
  #applies(order: OrderId, history: OrderHistory, part: Part, { replica, applied, term }: ReplicaView): void {
    const { flushed } = part;
    check(
      applied > part.applied,
      'an applied entry stays applied',
      () => `replica ${replica} had applied entry ${part.applied}, and now ${applied}`,
    );
    check(
      applied <= flushed.lastIndex,
      'an entry is durable before it is applied',
      () => `replica ${replica} applied entry ${applied}; on its disk are ${flushed.lastIndex}`,
    );
    const { changes } = history.memberships;
    const isMoreDecided = history.commits(flushed, term, part.applied + 1, applied);
    part.applied = applied;
    if (!isMoreDecided) return;
    for (const { before, after } of history.memberships.changesSince(changes)) {
      for (const kind of coveredByChange(before, after, (lost) => this.#hasForgotten(order, history, lost)))
        this.#covered(kind);
    }
    for (const { issued } of this.#parts.inOrder(order)) if (issued.replica !== undefined) history.isComplete(issued);
  }

  #hasForgotten(order: OrderId, history: OrderHistory, replica: ReplicaId): boolean {
    const radiant = history.radiantOf(replica);
    return radiant !== undefined && this.hasLostMemory(order, radiant);
  }

  /**
   * Records the birth of an order once its creation record is durable. A founder that crashes earlier founds another
   * order.
   */
  #isBorn(order: OrderId, creation: CreationRecord): void {
    if (this.#born.has(order)) return;
    this.#born.add(order);
    this.#listener?.born(order, creation);
  }

  #historyOf(order: OrderId, creation: CreationRecord): OrderHistory {
    let history = this.#histories.get(order);
    if (history === undefined) {
      history = new OrderHistory(creation, (index, payload) => this.#listener?.decided(order, index, payload));
      for (const kind of coveredByVoters(history.memberships.first)) this.#covered(kind);
      this.#histories.set(order, history);
    }
    return history;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
