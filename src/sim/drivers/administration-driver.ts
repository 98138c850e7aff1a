/** Administrators who change the configuration at random times. */
import type { ClientAdministration } from '../../client/contract.ts';
import type { Participant } from '../../wire/configuration/configuration.ts';
import { asSlot, SLOT_COUNT } from '../../wire/identifiers.ts';
import type { CoverageListener } from '../coverage.ts';
import type { SimulatedHost } from '../world/host.ts';
import type { Random } from '../random.ts';
import type { ChangeHooks } from './tab-turnover.ts';
import { Recurrence } from '../recurrence.ts';
import type { World } from '../world/world.ts';

export interface AdministrationPlan {
  /** Mean time between two calls of an administrator. Undefined: there is no administrator. */
  readonly meanMs: number | undefined;
  /** Number of administrators, who act independently. Default 1. */
  readonly administrators?: number;
}

type What = ClientAdministration['kind'] | 'query';

/** Relative frequencies of the calls. */
const WEIGHTS: readonly (readonly [What, number])[] = [
  ['move', 8],
  ['fracture', 3],
  ['consolidate', 3],
  ['join', 1],
  ['leave', 1],
  ['query', 1],
];
/** Share of the moves during which a second administrator moves the same shard to another order. */
const RIVAL_SHARE = 0.3;
export class AdministrationDriver {
  readonly #world: World;
  readonly #random: Random;
  readonly #plan: AdministrationPlan;
  readonly #covered: CoverageListener;
  readonly #mayLeave: () => boolean;
  readonly #counts = new Map<string, number>();
  /** Random draws for competing administrators only. Other draws do not depend on them. */
  readonly #rivals: Random;
  /** Number of unanswered calls. */
  #open = 0;
  readonly #recurrence: Recurrence;

  constructor(world: World, random: Random, plan: AdministrationPlan, hooks: ChangeHooks = {}) {
    this.#world = world;
    this.#random = random;
    this.#rivals = random.fork('rivals');
    this.#plan = plan;
    this.#covered = hooks.covered ?? (() => undefined);
    this.#mayLeave = hooks.mayLeave ?? (() => true);
    this.#recurrence = new Recurrence(world.timeline, random);
  }

  /** Number of calls by kind and outcome. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  start(): void {
    const { meanMs, administrators = 1 } = this.#plan;
    for (let administrator = 1; administrator <= administrators; administrator++) {
      this.#recurrence.begin(meanMs, () => this.#act());
    }
  }

  stop(): void {
    this.#recurrence.stop();
  }

  pause(): void {
    this.#recurrence.pause();
  }

  resume(): void {
    this.#recurrence.resume();
  }

  #act(): void {
    const host = this.#someHost(this.#random);
    if (host === undefined) return;
    const what = this.#drawWhat();
    if (what === 'query') this.#query(host);
    else {
      const administration = this.#draw(what);
      if (administration === undefined) return;
      this.#administer(host, administration);
      if (administration.kind === 'move') this.#rival(administration);
    }
  }

  #someHost(random: Random): SimulatedHost | undefined {
    return random.pick(this.#world.hosts.filter(({ isReady, isFrozen }) => isReady && !isFrozen));
  }

  /** A second administrator moves the same shard at the same time from another tab. */
  #rival({ slot, to }: Extract<ClientAdministration, { kind: 'move' }>): void {
    if ((this.#plan.administrators ?? 1) === 1 || !this.#rivals.chance(RIVAL_SHARE)) return;
    const others = (this.#world.configuration()?.orders ?? []).filter(({ id }) => id !== to);
    const [host, other] = [this.#someHost(this.#rivals), this.#rivals.pick(others)];
    if (host !== undefined && other !== undefined) this.#administer(host, { kind: 'move', slot, to: other.id });
  }

  #administer(host: SimulatedHost, administration: ClientAdministration): void {
    const what = administration.kind;
    if (this.#open > 0) this.#covered('administered-at-once');
    this.#open += 1;
    this.#world.trace.record(host.name, 'administers', undefined, () => JSON.stringify(administration));
    host.call({ kind: 'administer', administration }, (outcome) => {
      this.#open -= 1;
      const how = outcome?.kind === 'failed' ? outcome.error.code : (outcome?.kind ?? 'lost');
      const known = outcome?.kind !== 'failed' || outcome.error.effect === 'none';
      this.#count(`${what}: ${known ? how : 'unknown'}`);
      this.#world.trace.record(host.name, 'administered', undefined, () => `${what}: ${how}`);
    });
  }

  #draw(kind: ClientAdministration['kind']): ClientAdministration | undefined {
    const slot = asSlot(this.#random.integer(SLOT_COUNT));
    const orders = this.#world.configuration()?.orders ?? [];
    const shard = this.#random.pick(orders.flatMap(({ shards }) => shards));
    const order = this.#random.pick(orders);
    const someone = this.#random.pick(this.#participants());
    if (shard === undefined || order === undefined || someone === undefined) return undefined;
    switch (kind) {
      case 'move':
        return { kind, slot, to: order.id };
      case 'fracture':
        // A shard always begins at slot 0, so the ring cannot be cut there.
        return slot === 0 ? undefined : { kind, slot };
      case 'consolidate':
        return shard.first === 0 ? undefined : { kind, slot: shard.first };
      case 'join':
        return { kind, participants: [someone] };
      case 'leave':
        return this.#mayLeave() ? { kind, radiants: [someone.radiant] } : undefined;
    }
  }

  #participants(): readonly Participant[] {
    return this.#world.hosts.flatMap(({ isMember, radiants, device }) =>
      isMember ? radiants.map(({ radiant }) => ({ radiant, device: device.id })) : [],
    );
  }

  #query(host: SimulatedHost): void {
    const latest = this.#world.configuration()?.number ?? 0;
    const number = this.#random.chance(0.3) ? undefined : 1 + this.#random.integer(Math.max(1, latest));
    host.call({ kind: 'query', number }, (outcome) => {
      this.#count(`query: ${outcome?.kind === 'failed' ? outcome.error.code : (outcome?.kind ?? 'lost')}`);
    });
  }

  #drawWhat(): What {
    const sum = WEIGHTS.reduce((total, [, weight]) => total + weight, 0);
    let left = this.#random.next() * sum;
    for (const [what, weight] of WEIGHTS) {
      left -= weight;
      if (left < 0) return what;
    }
    return 'move';
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }
}
