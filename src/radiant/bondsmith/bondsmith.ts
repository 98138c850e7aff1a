/**
 * The bondsmith's role (design, rules 8 and 9). While this radiant leads the bondsmith's order, it decides on
 * configurations, one at a time. Decisions are the founding, requests, and placement. Its observations of other
 * radiants outlive a term. All other knowledge comes from the log.
 */
import type { ClusterFacts } from '../../cluster/cluster-facts.ts';
import { votes } from '../../cluster/member-list.ts';
import { placement } from '../../cluster/placement.ts';
import { preferredBondsmith, bondsmithMembersTarget } from '../../cluster/bondsmith-members.ts';
import type { Configuration, ConfigurationChange } from '../../wire/configuration/configuration.ts';
import type { Administration, Answer } from '../../wire/frames/frame.ts';
import type { LogIndex, OrderId } from '../../wire/identifiers.ts';
import { ID_BYTES, idFromBytes } from '../../wire/identifiers.ts';
import { Administrations, type AdministrationsContext } from './administrations.ts';
import type { RequestOrigin } from '../replies.ts';
import { reject } from '../replies.ts';
import type { ClusterWatch } from './cluster-watch.ts';
import type { Changes } from '../changes.ts';
import type { Clock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import { DecidedRequests } from './decided-requests.ts';
import type { Environment } from '../environment.ts';
import { ClientBoots } from '../herald/client-boots.ts';
import type { ClusterTopology } from '../neighbours/cluster-topology.ts';
import type { PresenceTracker } from '../neighbours/presence-tracker.ts';
import type { ReplySender } from '../neighbours/reply-sender.ts';
import type { LocalOrder } from '../orders/local-order.ts';
import type { Identity } from '../identity.ts';

interface BondsmithOptions {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly changes: Changes;
  readonly environment: Environment;
  readonly configuration: ConfigurationHolder;
  readonly orders: ReadonlyMap<OrderId, LocalOrder>;
  readonly topology: ClusterTopology;
  readonly presenceTracker: PresenceTracker;
  readonly watch: ClusterWatch;
  readonly replies: ReplySender;
  readonly onViewChange: () => void;
}

/** A term in which this radiant is the bondsmith. */
interface Term {
  readonly order: LocalOrder;
  readonly number: number;
  readonly decisions: Decisions;
  readonly administrations: Administrations;
  /** The configuration at the time when requests were last considered. */
  looked: Configuration | undefined;
  lookedMs: number;
  /** Whether a presence interval has passed since requests were last considered. */
  isDue: boolean;
}

export class Bondsmith {
  readonly #options: BondsmithOptions;
  readonly #clientBoots = new ClientBoots();
  readonly #decided = new DecidedRequests();
  #term: Term | undefined;
  #newOrder: OrderId | undefined;
  /** The purpose of a decision that does not fit into the configuration. */
  #withoutRoom: string | undefined;

  constructor(options: BondsmithOptions) {
    this.#options = options;
  }

  /**
   * The reason why the next decision does not fit into the configuration. Undefined if it fits, or if another radiant
   * decides.
   */
  get withoutRoom(): string | undefined {
    return this.#withoutRoom;
  }

  /** Takes a request for a change of the configuration. Only the herald of the bondsmith's order decides on it. */
  accept(order: OrderId, origin: RequestOrigin, administration: Administration): void {
    const { configuration, orders, replies } = this.#options;
    const refusal =
      configuration.bondsmith?.id === order
        ? orders.get(order)?.changeRefusal()
        : reject('NOT_HERALD', "Only the bondsmith's order changes the configuration. Ask its herald.");
    if (refusal?.kind === 'refusal') {
      // An earlier copy of the request may have been accepted, even if this one is refused.
      const withoutEffect = !this.#clientBoots.mayKnow(origin.id);
      replies.answer(origin, { ...refusal, withoutEffect }, order);
      return;
    }
    this.#clientBoots.note(origin.id);
    this.#administer(origin, administration);
  }

  #administer(origin: RequestOrigin, administration: Administration): void {
    const term = this.#currentTerm();
    if (term === undefined) {
      const refusal = reject('NOT_HERALD', 'This radiant is not the bondsmith.');
      this.#answer(origin, this.#decided.qualified(origin.id, refusal));
      return;
    }
    term.administrations.add(origin, administration);
    term.looked = undefined;
    this.#options.changes.note();
  }

  tick(): void {
    const { nowMs, times } = this.#options.clock;
    if (this.#term !== undefined) this.#term.isDue = nowMs - this.#term.lookedMs >= times.liveness.presenceMs;
  }

  /** Decides if a decision is due. Call this after every change. */
  reconcile(): void {
    const term = this.#currentTerm();
    if (term === undefined || term.decisions.isUnderWay) return;
    const { configuration } = term.order.replica.state;
    if (configuration === undefined) this.#found(term);
    else this.#decide(term, configuration);
  }

  #order(): LocalOrder | undefined {
    const { configuration, orders } = this.#options;
    return configuration.bondsmith && orders.get(configuration.bondsmith.id);
  }

  #answer(origin: RequestOrigin, answer: Answer): void {
    this.#options.replies.answer(origin, answer, this.#options.configuration.bondsmith?.id);
  }

  #currentTerm(): Term | undefined {
    const order = this.#order();
    const number = order?.replica.termAsLeader();
    if (this.#term !== undefined && (this.#term.order !== order || this.#term.number !== number)) this.#endTerm();
    if (order !== undefined && number !== undefined) this.#term ??= this.#newTerm(order, number);
    return this.#term;
  }

  #endTerm(): void {
    const herald = this.#order()?.leader();
    this.#term?.administrations.rejectAll(reject('NOT_HERALD', 'This radiant is no longer the bondsmith.', herald));
    this.#term = undefined;
    this.#noteRoom(undefined);
  }

  #newTerm(order: LocalOrder, number: number): Term {
    const context: AdministrationsContext = {
      configuration: () => order.replica.state.configuration,
      answer: (origin, answer) => this.#answer(origin, answer),
      answerLater: (origin, read, answer) => order.answerLater(origin, read, answer),
      facts: (configuration) => this.#options.watch.observe(configuration),
      clock: this.#options.clock,
    };
    const administrations = new Administrations(context, this.#decided);
    const decisions = new Decisions(order, number);
    const lookedMs = Number.NEGATIVE_INFINITY;
    return { order, number, decisions, administrations, looked: undefined, lookedMs, isDue: true };
  }

  /** Decides on the founding. Configuration 1 is durable on every replica that was born with it. */
  #found({ decisions }: Term): void {
    const { current } = this.#options.configuration;
    if (current?.number === 1) decisions.decide(undefined, { orders: current.orders, removed: [] });
  }

  /**
   * Decides on requests first, then on placement. Both are considered after changes, and once per presence interval.
   */
  #decide(term: Term, configuration: Configuration): void {
    if (this.#options.presenceTracker.isRestarting) return;
    const { isDue } = term;
    if (!isDue && term.looked === configuration) return;
    term.looked = configuration;
    const requested = term.administrations.next(configuration);
    if (requested !== undefined) term.decisions.decide(configuration, requested);
    const facts = this.#options.watch.observe(configuration);
    if (requested === undefined) this.#place(term.decisions, configuration, facts);
    if (!isDue) return;
    term.isDue = false;
    term.lookedMs = this.#options.clock.nowMs;
    this.#fillSeats(term, configuration, facts);
  }

  #fillSeats({ order, decisions, administrations }: Term, configuration: Configuration, facts: ClusterFacts): void {
    const hasQuorum = this.#options.topology.missingQuorumOf(order.replica.order) === undefined;
    const { roster } = order.replica.state;
    const { members } = order.memberList();
    const voting = new Set(members.filter(votes).map(({ radiant }) => radiant));
    const leader = this.#options.identity.radiant;
    const seats = bondsmithMembersTarget(configuration, roster, facts, { leader, voting, hasQuorum });
    if (seats !== undefined) order.target(seats);
    if (seats !== undefined || decisions.isUnderWay || !administrations.isEmpty) return;
    const preferred = preferredBondsmith(this.#options.identity.radiant, roster, facts);
    if (preferred !== undefined) order.transfer(preferred.replica);
  }

  #place(decisions: Decisions, configuration: Configuration, facts: ClusterFacts): void {
    this.#newOrder ??= idFromBytes<OrderId>(this.#options.environment.randomBytes(ID_BYTES));
    const next = placement(configuration, facts, this.#newOrder);
    this.#noteRoom(next?.kind === 'no-room' ? next.reason : undefined);
    if (next?.kind !== 'step' || !decisions.decide(configuration, next.change)) return;
    if (next.change.orders.some(({ id }) => id === this.#newOrder)) this.#newOrder = undefined;
  }

  #noteRoom(withoutRoom: string | undefined): void {
    if (withoutRoom === this.#withoutRoom) return;
    this.#withoutRoom = withoutRoom;
    this.#options.onViewChange();
  }
}

/**
 * The decisions of one term (design, rule 9). Each is based on the configuration before it, and one is in progress at a
 * time.
 */
class Decisions {
  readonly #order: LocalOrder;
  readonly #term: number;
  #index: LogIndex | undefined;

  constructor(order: LocalOrder, term: number) {
    this.#order = order;
    this.#term = term;
  }

  /** Whether the latest decision is not applied yet. */
  get isUnderWay(): boolean {
    return this.#index !== undefined && this.#index > this.#order.replica.state.applied;
  }

  /**
   * Proposes a decision.
   * @param base undefined for the founding
   * @returns whether the decision was proposed
   */
  decide(base: Configuration | undefined, change: ConfigurationChange): boolean {
    const entry = { kind: 'configure', term: this.#term, base: base?.number ?? 0, change } as const;
    this.#index = this.#order.propose(entry);
    return this.#index !== undefined;
  }
}
