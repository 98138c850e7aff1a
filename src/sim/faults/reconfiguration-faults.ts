/**
 * Faults that strike while the configuration changes. The bondsmith is isolated, an order is down, or a herald dies in
 * a handover.
 */
import { movesOf } from '../../cluster/configuration.ts';
import type { Body } from '../../wire/frames/frame.ts';
import { saidIn } from '../checkers/said-frame.ts';
import type { CountedFaultKind } from '../fault-kinds.ts';
import type { FaultMix } from './fault-mix.ts';
import type { SimulatedHost } from '../world/host.ts';
import type { ObservedRadiant, Observer } from '../world/observer.ts';
import type { Random } from '../random.ts';
import type { BlockKind } from '../network/ways.ts';
import type { World } from '../world/world.ts';

/** Longest time between the sending of a shard's chunk and the death of a herald. */
const HANDOVER_DEATH_MS = 30;
/** Longest time between the sending of a configuration with moving shards and the isolation of the bondsmith. */
const CUT_MS = 30;
/** Longest wait for a shard that moves, and the time between two checks. */
const LONGEST_WAIT_MS = 10_000;
const LOOK_MS = 20;

export interface FaultContext {
  readonly world: World;
  /** False while the faults are stopped or paused. */
  readonly isAtWork: () => boolean;
  /**
   * Closes or kills a tab for a while.
   * @returns false: the tab was closed already
   */
  readonly down: (host: SimulatedHost | undefined, how: 'kill' | 'close') => boolean;
  /** Runs the action later. It does not run if all faults were healed in the meantime. */
  readonly later: (delayMs: number, action: () => void) => void;
  readonly count: (kind: CountedFaultKind) => void;
}

export class ReconfigurationFaults implements Observer {
  readonly #context: FaultContext;
  readonly #mix: FaultMix;
  /** Random draws for deaths only. Other draws do not depend on them. */
  readonly #deaths: Random;
  readonly #random: Random;

  constructor(context: FaultContext, mix: FaultMix, random: Random) {
    this.#context = context;
    this.#mix = mix;
    this.#deaths = random;
    this.#random = random.fork('reconfiguration');
  }

  /**
   * Kills the sending or the receiving herald of a shard, or isolates the bondsmith, with the probabilities of the mix.
   */
  sent(radiant: ObservedRadiant, bytes: Uint8Array): void {
    const { handoverDeaths = 0, bondsmithCuts = 0 } = this.#mix;
    if ((handoverDeaths === 0 && bondsmithCuts === 0) || !this.#context.isAtWork()) return;
    const frame = saidIn(bytes);
    const { group, sender, receiver } = frame.header;
    if (sender !== radiant.radiant) return;
    if (group !== undefined && frame.body.kind === 'shard-chunk') this.#die(sender, receiver);
    else if (group === undefined && bondsmithCuts > 0) this.#cutOffTeller(radiant, frame.body, bondsmithCuts);
  }

  /** Isolates the bondsmith, which keeps running. The isolated bondsmith sends nothing, receives nothing, or both. */
  cutOffBondsmith(): boolean {
    const { world, later } = this.#context;
    const random = this.#random;
    const host = world.hostOf(world.bondsmith());
    if (host === undefined) return false;
    const kind: BlockKind = random.chance(0.5) ? 'hold' : 'lose';
    const way = random.pick(['both', 'both', 'out', 'in'] as const) ?? 'both';
    const ways = world.hosts
      .filter((other) => other !== host)
      .flatMap(({ name }) => [
        ...(way === 'in' ? [] : [[host.name, name] as const]),
        ...(way === 'out' ? [] : [[name, host.name] as const]),
      ]);
    for (const [from, to] of ways) world.network.block(from, to, kind);
    later(random.between(300, random.chance(0.3) ? 12_000 : 4_000), () => {
      for (const [from, to] of ways) world.network.unblock(from, to);
    });
    if (this.#areShardsOnTheirWay()) this.#context.count('bondsmith-cut-off-under-way');
    return true;
  }

  /** Takes down all members of an order at once, preferably of an order with a moving shard. */
  orderDown(): boolean {
    const { world, down } = this.#context;
    const random = this.#random;
    const configuration = world.configuration();
    if (configuration === undefined) return false;
    const moving = movesOf(configuration).flatMap(({ order, shard }) => [order.id, shard.source]);
    const concerned = configuration.orders.filter(({ id }) => moving.includes(id));
    const order = random.pick(concerned.length > 0 && random.chance(0.7) ? concerned : configuration.orders);
    const members = [...(order?.members.voters ?? []), ...(order?.members.learners ?? [])];
    const hosts = world.hosts.filter(({ radiants }) =>
      radiants.some(({ radiant }) => members.some((member) => member.radiant === radiant)),
    );
    const how = random.chance(0.7) ? 'kill' : 'close';
    if (hosts.filter((host) => down(host, how)).length === 0) return false;
    if (this.#areShardsOnTheirWay()) this.#context.count('order-down-under-way');
    return true;
  }

  /** Runs the action as soon as a shard moves, or at `untilMs`. */
  duringMove(action: () => void, untilMs = this.#context.world.nowMs + LONGEST_WAIT_MS): void {
    if (this.#areShardsOnTheirWay() || this.#context.world.nowMs >= untilMs) action();
    else this.#context.later(LOOK_MS, () => this.duringMove(action, untilMs));
  }

  #die(sender: string, receiver: string): void {
    const { handoverDeaths = 0 } = this.#mix;
    if (handoverDeaths === 0 || !this.#deaths.chance(handoverDeaths)) return;
    const { world, isAtWork, down, count } = this.#context;
    const isSender = this.#deaths.chance(0.5);
    const victim = isSender ? sender : receiver;
    world.timeline.after(this.#deaths.between(0, HANDOVER_DEATH_MS), () => {
      const host = world.hosts.find(({ radiants }) => radiants.some(({ radiant }) => radiant === victim));
      if (isAtWork() && down(host, 'kill')) count(isSender ? 'kill-sender' : 'kill-receiver');
    });
  }

  #cutOffTeller(teller: ObservedRadiant, said: Body, probability: number): void {
    const { world, isAtWork, later, count } = this.#context;
    if (said.kind !== 'configuration' || movesOf(said.configuration).length === 0) return;
    if (world.bondsmith() !== teller || !this.#random.chance(probability)) return;
    later(this.#random.between(0, CUT_MS), () => {
      if (isAtWork() && this.cutOffBondsmith()) count('bondsmith-cut-off');
    });
  }

  #areShardsOnTheirWay(): boolean {
    const configuration = this.#context.world.configuration();
    return configuration !== undefined && movesOf(configuration).length > 0;
  }
}
