/**
 * The state of a cluster that nothing disturbs: no change is under way or due, and every radiant knows the
 * configuration.
 */
import { participantsOf } from '../../cluster/configuration.ts';
import type { ClusterFacts } from '../../cluster/cluster-facts.ts';
import { nextStep } from '../../cluster/placement.ts';
import type { Configuration, Order } from '../../wire/configuration/configuration.ts';
import { ID_BYTES, idFromBytes, type OrderId, type RadiantId } from '../../wire/identifiers.ts';
import type { SystemSafety } from '../checkers/system-safety.ts';
import type { Goal } from './convergence.ts';
import type { World } from '../world/world.ts';

/** The cluster counts as settled after this time without a change. */
const QUIET_MS = 3_000;

export class Settling implements Goal {
  /** Longer than `deadAfterMs`, after which the cluster gives up radiants that do not come back. */
  readonly withinMs = 180_000;
  readonly #world: World;
  readonly #safety: SystemSafety | undefined;
  #number = 0;
  #sinceMs = 0;

  constructor(world: World, safety: SystemSafety | undefined) {
    this.#world = world;
    this.#safety = safety;
  }

  describe(): string {
    return `an end of all changes (${this.unfinished() ?? 'they go on and on'})`;
  }

  /** Whether no change is due and the cluster has been unchanged for `QUIET_MS`. */
  settle(): boolean {
    const { nowMs } = this.#world;
    const configuration = this.#world.configuration();
    const isQuiet = configuration !== undefined && this.unfinished(configuration) === undefined;
    if (!isQuiet || configuration.number !== this.#number) {
      this.#number = configuration?.number ?? 0;
      this.#sinceMs = nowMs;
    }
    return isQuiet && nowMs - this.#sinceMs >= QUIET_MS;
  }

  /** Describes the next change that is due. Undefined: no change is due. */
  unfinished(configuration = this.#world.configuration()): string | undefined {
    if (configuration === undefined) return 'there is no configuration';
    return (
      this.#unknown(configuration) ??
      onItsWay(configuration) ??
      this.#misplaced(configuration) ??
      this.#unformed(configuration) ??
      this.#ahead(configuration)
    );
  }

  #unknown({ number }: Configuration): string | undefined {
    const late = this.#world.radiants().find((radiant) => radiant.configuration()?.number !== number);
    return late === undefined ? undefined : `${late.name} does not know configuration ${number}`;
  }

  /** Describes a running member without a place in an order, or a place without a running member. */
  #misplaced(configuration: Configuration): string | undefined {
    const here = new Set(
      this.#world.hosts
        .filter(({ isMember }) => isMember)
        .flatMap(({ radiants }) => radiants.map(({ radiant }) => radiant)),
    );
    const placed = new Set(placesOf(configuration));
    for (const radiant of here) if (!placed.has(radiant)) return `${radiant} has no place`;
    for (const radiant of placed) if (!here.has(radiant)) return `${radiant} has a place, and is gone`;
    return undefined;
  }

  /** Describes an order whose log disagrees with the configuration, or that still holds shards of another order. */
  #unformed({ orders }: Configuration): string | undefined {
    for (const order of orders) if (!this.#isFormed(order)) return `order ${order.id} is not formed as it should be`;
    const isUnsettled = this.#safety?.ownership.isUnsettled(orders.map(({ id }) => id)) === true;
    return isUnsettled ? 'an order keeps what it serves no more' : undefined;
  }

  /** Describes the step that the bondsmith would take once all radiants have been present for long enough. */
  #ahead(configuration: Configuration): string | undefined {
    return nextStep(configuration, this.#factsInTime(configuration), ANY_ORDER)?.reason;
  }

  /** The facts that a bondsmith sees once all radiants have stayed for long enough. */
  #factsInTime(configuration: Configuration): ClusterFacts {
    const heralds = this.#world.heralds();
    const presence = { kind: 'present', forMs: Number.POSITIVE_INFINITY } as const;
    const radiants = participantsOf(configuration).map(
      (one) => [one.radiant, { ...one, durable: true, diskFull: false, presence }] as const,
    );
    const orders = configuration.orders.map(({ id, members }) => {
      const voting = new Set(members.voters.map(({ radiant }) => radiant));
      return [id, { herald: heralds.get(id)?.radiant, hasQuorum: true, voting, isSettled: true }] as const;
    });
    return { radiants: new Map(radiants), orders: new Map(orders), times: this.#world.times.membership };
  }

  #isFormed({ id, members }: Order): boolean {
    const herald = this.#world.heralds().get(id);
    const view = herald?.view().orders.find(({ order }) => order === id);
    if (view?.replica === undefined || !view.replica.target.isReached) return false;
    const isAlone = members.voters.length === 1 && members.learners.length > 0;
    if (isAlone && view.replica.companion === undefined) return false;
    const voters = view.members.filter(({ memberKind }) => memberKind === 'voter').map(({ radiant }) => radiant);
    return voters.length === members.voters.length && members.voters.every(({ radiant }) => voters.includes(radiant));
  }
}

function placesOf({ orders }: Configuration): readonly RadiantId[] {
  return orders.flatMap(({ members }) => [...members.voters, ...members.learners].map(({ radiant }) => radiant));
}

/** Stands for the id of a new order. Its value is irrelevant, because no order is created. */
const ANY_ORDER = idFromBytes<OrderId>(new Uint8Array(ID_BYTES));

function onItsWay({ orders }: Configuration): string | undefined {
  for (const { shards } of orders) {
    for (const { first, last, source } of shards) if (source !== undefined) return `${first}..${last} is on its way`;
  }
  return undefined;
}
