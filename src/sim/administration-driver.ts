/** Somebody who has the bondsmith change things again and again, at random times: moves, cuts, merges, who belongs. */
import type { ClientAdministration } from '../client/contract.ts';
import type { Participant } from '../wire/configuration.ts';
import { ERROR_CODES } from '../wire/errors.ts';
import { asSlot, SLOT_COUNT } from '../wire/identifiers.ts';
import type { SimulatedHost } from './host.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export interface AdministrationPlan {
  /** Mean time between two calls of an administrator; undefined: there is none. */
  readonly meanMs: number | undefined;
}

type What = ClientAdministration['kind'] | 'depart' | 'query';

/** How often each is drawn, compared with the others. */
const WEIGHTS: readonly (readonly [What, number])[] = [
  ['move', 8],
  ['fracture', 3],
  ['consolidate', 3],
  ['depart', 2],
  ['join', 1],
  ['leave', 1],
  ['query', 1],
];
/** A tab that asked to be let go looks so often whether it was. */
const LOOK_MS = 100;
/** A tab that was let go stays closed for up to this long. */
const LONGEST_ABSENCE_MS = 8_000;

export class AdministrationDriver {
  readonly #world: World;
  readonly #random: Random;
  readonly #plan: AdministrationPlan;
  readonly #counts = new Map<string, number>();
  #isPaused = false;
  #isStopped = false;

  constructor(world: World, random: Random, plan: AdministrationPlan) {
    this.#world = world;
    this.#random = random;
    this.#plan = plan;
  }

  /** Calls by what they asked for and how they ended. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  start(): void {
    const { meanMs } = this.#plan;
    if (meanMs === undefined) return;
    this.#world.timeline.after(this.#random.exponential(meanMs), () => {
      if (this.#isStopped) return;
      if (!this.#isPaused) this.#act();
      this.start();
    });
  }

  stop(): void {
    this.#isStopped = true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  #act(): void {
    const host = this.#random.pick(this.#world.hosts.filter(({ isReady, isFrozen }) => isReady && !isFrozen));
    if (host === undefined) return;
    const what = this.#drawWhat();
    if (what === 'depart') this.#depart(host);
    else if (what === 'query') this.#query(host);
    else this.#administer(host, what);
  }

  #administer(host: SimulatedHost, what: ClientAdministration['kind']): void {
    const administration = this.#draw(what);
    if (administration === undefined) return;
    this.#world.trace.record(host.name, 'administers', undefined, () => JSON.stringify(administration));
    host.call({ kind: 'administer', administration }, (outcome) => {
      const how = outcome?.kind === 'failed' ? outcome.error.code : (outcome?.kind ?? 'lost');
      const known = outcome?.kind !== 'failed' || ERROR_CODES[outcome.error.code].effect === 'none';
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
        // Where the ring begins, a shard always does.
        return slot === 0 ? undefined : { kind, slot };
      case 'consolidate':
        return shard.first === 0 ? undefined : { kind, slot: shard.first };
      case 'join':
        return { kind, participants: [someone] };
      case 'leave':
        return { kind, radiants: [someone.radiant] };
    }
  }

  #participants(): readonly Participant[] {
    return this.#world.hosts.flatMap(({ radiants, device }) =>
      radiants.map(({ radiant }) => ({ radiant, device: device.id })),
    );
  }

  /** A tab asks to be let go, and is closed when it is; later it is opened again. */
  #depart(host: SimulatedHost): void {
    const [radiant] = host.radiants;
    if (radiant === undefined) return;
    this.#world.trace.record(host.name, 'departs');
    radiant.handle({ kind: 'leave' });
    const look = (): void => {
      if (radiant.ended) return;
      if (radiant.view().leaving?.kind !== 'left') {
        this.#world.timeline.after(LOOK_MS, look);
        return;
      }
      this.#count('depart: left');
      host.close();
      this.#world.timeline.after(this.#random.between(100, LONGEST_ABSENCE_MS), () => host.open());
    };
    look();
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
