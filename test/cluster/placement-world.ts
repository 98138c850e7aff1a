/**
 * A cluster as its bondsmith sees it. Radiants come, leave, fall silent and return, and the logs of orders follow their
 * target membership.
 */
import { expect } from 'vitest';
import { type AdministrationOutcome, planAdministration } from '../../src/cluster/administration.ts';
import { majority, membersOf, movesOf, participantsOf } from '../../src/cluster/configuration.ts';
import { changed } from '../../src/cluster/configuration-change.ts';
import type { ClusterFacts, OrderFacts, RadiantFacts, RadiantPresence } from '../../src/cluster/cluster-facts.ts';
import { nextStep, type Step } from '../../src/cluster/placement.ts';
import { assert } from '../../src/wire/assertion.ts';
import type {
  Configuration,
  ConfigurationChange,
  Order,
  Participant,
} from '../../src/wire/configuration/configuration.ts';
import type { Administration } from '../../src/wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';
import { mint, participant } from './worlds.ts';

interface Inhabitant extends Participant {
  kind: RadiantPresence['kind'];
  sinceMs: number;
  readonly durable: boolean;
}

export class PlacementWorld {
  configuration: Configuration;
  readonly inhabitants = new Map<RadiantId, Inhabitant>();
  /** By order: the voters in its log. */
  readonly #logs = new Map<OrderId, readonly RadiantId[]>();
  readonly #settled = new Set<OrderId>();
  readonly #mint = mint(1_000);
  #nowMs = 0;
  #next = 0;
  /** Whether an order lacked a quorum when another order was created or dissolved. */
  wasUnable = false;
  /** Whether an administrator has moved shards. */
  wasMoved = false;

  constructor(configuration: Configuration, wantedOrders: number | undefined) {
    this.configuration = { ...configuration, wantedOrders };
    for (const { radiant, device } of participantsOf(configuration)) this.#enter({ radiant, device }, true);
    this.#next = this.inhabitants.size;
    for (const { id, members } of configuration.orders) {
      this.#logs.set(
        id,
        members.voters.map(({ radiant }) => radiant),
      );
    }
    this.settle();
  }

  facts(): ClusterFacts {
    const radiants = new Map<RadiantId, RadiantFacts>();
    for (const { radiant, device, durable, kind, sinceMs } of this.inhabitants.values()) {
      radiants.set(radiant, {
        radiant,
        device,
        durable,
        diskFull: false,
        presence: { kind, forMs: this.#nowMs - sinceMs },
      });
    }
    const orders = new Map<OrderId, OrderFacts>();
    for (const { id } of this.configuration.orders) {
      const log = this.#logs.get(id) ?? [];
      const herald = log.find((radiant) => this.isPresent(radiant));
      const memberKind = { hasQuorum: this.hasQuorum(id), isSettled: this.#settled.has(id) };
      orders.set(id, { herald, voting: new Set(log), ...memberKind });
    }
    return { radiants, orders, times: TIMES.membership };
  }

  order(id: OrderId): Order {
    const found = this.configuration.orders.find((order) => order.id === id);
    assert(found !== undefined, `there is an order ${id}`);
    return found;
  }

  isPresent(radiant: RadiantId): boolean {
    return this.inhabitants.get(radiant)?.kind === 'present';
  }

  hasQuorum(id: OrderId): boolean {
    const log = this.#logs.get(id) ?? [];
    return log.filter((radiant) => this.isPresent(radiant)).length >= majority(log.length);
  }

  pass(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  open(home: number, durable = true): RadiantId {
    const newcomer = participant(this.#next++, 500 + home);
    this.#enter(newcomer, durable);
    return newcomer.radiant;
  }

  become(radiant: RadiantId, kind: RadiantPresence['kind']): void {
    const inhabitant = this.inhabitants.get(radiant);
    if (inhabitant === undefined || inhabitant.kind === 'retired' || inhabitant.kind === kind) return;
    inhabitant.kind = kind;
    inhabitant.sinceMs = this.#nowMs;
  }

  /** Requests a join for every present radiant with durable storage. */
  joinAll(): void {
    const participants = [...this.inhabitants.values()]
      .filter(({ kind, durable }) => kind === 'present' && durable)
      .map(({ radiant, device }) => ({ radiant, device }));
    const outcome = this.administer({ kind: 'join', participants });
    expect(['change', 'unchanged']).toContain(outcome.kind);
  }

  /** Applies one step of an administration. */
  administer(administration: Administration): AdministrationOutcome {
    const outcome = planAdministration(this.configuration, administration, this.facts());
    if (outcome.kind === 'change') this.commit(outcome.change);
    return outcome;
  }

  /** Applies the next step of placement. `check` asserts the invariants of a step. Returns false if no step is due. */
  step(check: (before: Configuration, step: Step) => void): boolean {
    const facts = this.facts();
    const step = nextStep(this.configuration, facts, this.#mint());
    if (step === undefined) return false;
    const before = this.configuration;
    if (!before.orders.every(({ id }) => this.hasQuorum(id))) this.wasUnable = true;
    check(before, step);
    this.commit(step.change);
    return true;
  }

  /** Applies a change to the configuration. Throws if the result is invalid. */
  commit(change: ConfigurationChange): void {
    this.configuration = changed(this.configuration, change);
    for (const removed of change.removed) this.#logs.delete(removed);
    for (const { id, members } of change.orders) {
      if (members.number === this.configuration.number) this.#settled.delete(id);
    }
  }

  /**
   * Moves the log of each order to its target membership. The present voters must be a majority of both memberships.
   */
  settle(): void {
    for (const order of this.configuration.orders) {
      const { id, members } = order;
      const log = this.#logs.get(id) ?? this.#bornWith(order);
      this.#logs.set(id, log);
      const wanted = members.voters.map(({ radiant }) => radiant);
      const reached = [log, wanted].every((voters) => {
        return voters.filter((radiant) => this.isPresent(radiant)).length >= majority(voters.length);
      });
      if (!reached) continue;
      this.#logs.set(id, wanted);
      this.#settled.add(id);
    }
  }

  /** Completes the moves of shards for which both orders have a quorum. */
  install(): void {
    for (const { order, shard } of movesOf(this.configuration)) {
      if (shard.source === undefined || !this.hasQuorum(order.id) || !this.hasQuorum(shard.source)) continue;
      const outcome = this.administer({ kind: 'installed', order: order.id, shard });
      expect(outcome.kind).toBe('change');
    }
  }

  /** Runs placement until no change is due. @returns the number of steps */
  calm(check: (before: Configuration, step: Step) => void): number {
    let steps = 0;
    for (let quiet = 0; quiet < 3; quiet++) {
      this.pass(100_000);
      this.joinAll();
      this.settle();
      this.install();
      while (this.step(check)) {
        steps++;
        quiet = 0;
        expect(steps).toBeLessThan(500);
        this.settle();
      }
      if (movesOf(this.configuration).some(({ order, shard }) => this.#canArrive(order, shard.source))) quiet = 0;
    }
    return steps;
  }

  #canArrive({ id }: Order, source: OrderId | undefined): boolean {
    return source !== undefined && this.hasQuorum(id) && this.hasQuorum(source);
  }

  #bornWith({ firstVoters }: Order): readonly RadiantId[] {
    return firstVoters.map(({ radiant }) => radiant);
  }

  #enter({ radiant, device }: Participant, durable: boolean): void {
    this.inhabitants.set(radiant, { radiant, device, durable, kind: 'present', sinceMs: this.#nowMs });
  }
}

export function membersByOrder({ orders }: Configuration): readonly (readonly Participant[])[] {
  return orders.map(membersOf);
}

/** Moves all learners of an order to the other order. */
export function learnElsewhere(world: PlacementWorld, id: OrderId): void {
  const { configuration } = world;
  const number = configuration.number + 1;
  const given = world.order(id).members.learners;
  expect(given.length).toBeGreaterThan(0);
  const orders = configuration.orders.map((order) => {
    const { voters, learners } = order.members;
    return { ...order, members: { number, voters, learners: order.id === id ? [] : [...learners, ...given] } };
  });
  world.commit({ orders, removed: [] });
}
