/**
 * The bondsmith's role (design, rules 8 and 9): while this radiant leads the bondsmith's order it decides on
 * configurations, one at a time: the founding, requests, and what placement wants. Of what it goes by besides the log,
 * only what it observed of others outlives its term.
 */
import type { ClusterFacts } from '../../cluster/facts.ts';
import { votes } from '../../cluster/member-list.ts';
import { placement } from '../../cluster/placement.ts';
import { preferredBondsmith, seatsTarget } from '../../cluster/seats.ts';
import type { Configuration } from '../../wire/configuration/configuration.ts';
import type { Administration, Answer } from '../../wire/frames/frame.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import { ID_BYTES, idFromBytes } from '../../wire/identifiers.ts';
import { INTERVALS } from '../../wire/limits.ts';
import { Administrations, type AdministrationsContext } from './administrations.ts';
import type { Asked } from '../answers.ts';
import { reject } from '../answers.ts';
import type { ClusterWatchParts } from './cluster-watch.ts';
import { ClusterWatch } from './cluster-watch.ts';
import type { Clock } from '../clock.ts';
import type { ConfigurationHolder } from '../configuration-holder.ts';
import { DecidedRequests } from './decided-requests.ts';
import { Decisions } from './decisions.ts';
import type { RadiantOptions } from '../contract.ts';
import type { Group } from '../replica/group.ts';
import type { Groups } from '../replica/groups.ts';
import type { Requests } from '../requests.ts';

export interface BondsmithParts extends ClusterWatchParts {
  readonly clock: Clock;
  readonly options: Pick<RadiantOptions, 'environment'>;
  readonly configuration: ConfigurationHolder;
  readonly groups: Groups;
  readonly requests: Requests;
  /** Why no majority of the order can be reached, or undefined where one can. */
  missingQuorum(order: OrderId): string | undefined;
  /** It shows of itself something else than before. */
  onViewChange(): void;
}

/** One term. */
interface Office {
  readonly group: Group;
  readonly term: number;
  readonly decisions: Decisions;
  readonly administrations: Administrations;
  /** What was asked for was looked at as of this configuration. */
  looked: Configuration | undefined;
  lookedMs: number;
}

export class Bondsmith {
  readonly #parts: BondsmithParts;
  readonly #watch: ClusterWatch;
  readonly #decided = new DecidedRequests();
  #office: Office | undefined;
  /** Of the next order that is born. */
  #newOrder: OrderId | undefined;
  /** What it would decide on next, if the configuration had room for it. */
  #withoutRoom: string | undefined;

  constructor(parts: BondsmithParts) {
    this.#parts = parts;
    this.#watch = new ClusterWatch(parts);
  }

  /** For people: what should be decided on, and is not, as the configuration is full; undefined: nothing, or not known here. */
  get withoutRoom(): string | undefined {
    return this.#withoutRoom;
  }

  /** The bondsmith's order was asked, and this radiant leads it. */
  administer(asked: Asked, administration: Administration): void {
    const office = this.#takeOffice();
    if (office === undefined) {
      const refusal = reject('NOT_HERALD', 'this radiant is not the bondsmith');
      this.#answer(asked, this.#decided.qualified(asked.id, refusal));
      return;
    }
    office.administrations.add(asked, administration);
    office.looked = undefined;
  }

  /** Does what is to be done now: to be called after every event. */
  reconcile(): void {
    const office = this.#takeOffice();
    if (office === undefined || office.decisions.isUnderWay) return;
    const { configuration } = office.group;
    if (configuration === undefined) this.#found(office);
    else this.#decide(office, configuration);
  }

  /** Its own replica of the bondsmith's order; undefined: it has none. */
  #group(): Group | undefined {
    const { configuration, groups } = this.#parts;
    return configuration.bondsmith && groups.byOrder.get(configuration.bondsmith.id);
  }

  #answer(asked: Asked, answer: Answer): void {
    this.#parts.requests.answer(asked, answer, this.#parts.configuration.bondsmith?.id);
  }

  #takeOffice(): Office | undefined {
    const group = this.#group();
    const term = group?.termAsLeader();
    if (this.#office !== undefined && (this.#office.group !== group || this.#office.term !== term)) this.#resign();
    if (group !== undefined && term !== undefined) this.#office ??= this.#newOffice(group, term);
    return this.#office;
  }

  #resign(): void {
    const herald = this.#group()?.leader();
    this.#office?.administrations.rejectAll(reject('NOT_HERALD', 'it stopped to be the bondsmith', herald));
    this.#office = undefined;
    this.#noteRoom(undefined);
  }

  #newOffice(group: Group, term: number): Office {
    const context: AdministrationsContext = {
      configuration: () => group.configuration,
      answer: (asked, answer) => this.#answer(asked, answer),
      answerLater: (asked, read, answer) => group.answerLater(asked, read, answer),
      facts: (configuration) => this.#watch.observe(configuration),
      nowMs: () => this.#parts.clock.nowMs,
    };
    const administrations = new Administrations(context, this.#decided);
    const decisions = new Decisions(group, term);
    const lookedMs = Number.NEGATIVE_INFINITY;
    return { group, term, decisions, administrations, looked: undefined, lookedMs };
  }

  /** The first decision of all: what was founded, and is durable wherever this group was born. */
  #found({ decisions }: Office): void {
    const { current } = this.#parts.configuration;
    if (current?.number === 1) decisions.decide(undefined, { orders: current.orders, removed: [] });
  }

  /** What was asked for comes first. Both is looked at when there is something new, and since time passes. */
  #decide(office: Office, configuration: Configuration): void {
    const { nowMs } = this.#parts.clock;
    if (this.#parts.liveness.isRestarting) return;
    const isDue = nowMs - office.lookedMs >= INTERVALS.presenceMs;
    if (!isDue && office.looked === configuration) return;
    office.looked = configuration;
    const asked = office.administrations.next(configuration);
    if (asked !== undefined) office.decisions.decide(configuration, asked);
    const facts = this.#watch.observe(configuration);
    if (asked === undefined) this.#place(office.decisions, configuration, facts);
    if (!isDue) return;
    office.lookedMs = nowMs;
    this.#fillSeats(office, configuration, facts);
  }

  #fillSeats({ group, decisions, administrations }: Office, configuration: Configuration, facts: ClusterFacts): void {
    const hasQuorum = this.#parts.missingQuorum(group.record.id) === undefined;
    const { members } = group.memberList();
    const voting = new Set(members.filter(votes).map(({ radiant }) => radiant));
    const leader = this.#parts.self.radiant;
    const seats = seatsTarget(configuration, group.roster, facts, { leader, voting, hasQuorum });
    if (seats !== undefined) group.target(seats);
    if (seats !== undefined || decisions.isUnderWay || !administrations.isEmpty) return;
    const preferred = preferredBondsmith(this.#parts.self.radiant, group.roster, facts);
    if (preferred !== undefined) group.transfer(preferred.replica);
  }

  #place(decisions: Decisions, configuration: Configuration, facts: ClusterFacts): void {
    this.#newOrder ??= idFromBytes<OrderId>(this.#parts.options.environment.randomBytes(ID_BYTES));
    const next = placement(configuration, facts, this.#newOrder);
    this.#noteRoom(next?.kind === 'no-room' ? next.reason : undefined);
    if (next?.kind !== 'step' || !decisions.decide(configuration, next.change)) return;
    if (next.change.orders.some(({ id }) => id === this.#newOrder)) this.#newOrder = undefined;
  }

  #noteRoom(withoutRoom: string | undefined): void {
    if (withoutRoom === this.#withoutRoom) return;
    this.#withoutRoom = withoutRoom;
    this.#parts.onViewChange();
  }
}
