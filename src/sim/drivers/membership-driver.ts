/** Somebody who targets for other members again and again, at random times, of whoever is there. */
import type { OwnReplica } from '../../radiant/contract.ts';
import type { Participant } from '../../wire/configuration/configuration.ts';
import type { OrderId, RadiantId } from '../../wire/identifiers.ts';
import type { Random } from '../random.ts';
import { Recurrence } from '../recurrence.ts';
import type { RunningRadiant } from '../world/running-radiant.ts';
import type { World } from '../world/world.ts';

export interface MembershipPlan {
  /** Mean time between two targets; undefined: there is none. */
  readonly meanMs: number | undefined;
  readonly mostVoters: number;
}

/** Who should form an order. */
export interface ProposedMembership {
  readonly voters: readonly RadiantId[];
  readonly learners: readonly RadiantId[];
}

/** Earlier targets that may yet show in some log. */
const REMEMBERED_WISHES = 4;
const LEARNER_SHARE = 0.3;
const EVEN_SHARE = 0.2;
/** Of the targets: one voter comes, goes, or is exchanged. */
const SMALL_STEP_SHARE = 0.5;

export class MembershipDriver {
  readonly #world: World;
  readonly #random: Random;
  readonly #plan: MembershipPlan;
  /** Whether a radiant has lost its memory, and will be retired. */
  readonly #isBereft: (radiant: RadiantId) => boolean;
  readonly #latest: ProposedMembership[] = [];
  readonly #recurrence: Recurrence;

  constructor(world: World, random: Random, plan: MembershipPlan, isBereft: (radiant: RadiantId) => boolean) {
    this.#world = world;
    this.#random = random;
    this.#plan = plan;
    this.#isBereft = isBereft;
    this.#recurrence = new Recurrence(world.timeline, random);
  }

  /** The latest targets that went on their way. */
  get latest(): readonly ProposedMembership[] {
    return this.#latest;
  }

  /** For a membership that was proposed for, whatever was under way. */
  readonly withinMs = 60_000;

  get isActive(): boolean {
    return this.#plan.meanMs !== undefined;
  }

  start(): void {
    this.#recurrence.begin(this.#plan.meanMs, () => this.#target());
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

  describe(): string {
    return 'the membership that was proposed for';
  }

  /**
   * Has an odd number of those who are here form the order, and nobody else.
   * @returns whether they do: else to be called again, after a while
   */
  settle(): boolean {
    const herald = this.#world.herald();
    const replica = herald?.replicas()[0];
    if (herald === undefined || replica === undefined) return false;
    const [target] = this.#latest;
    if (target !== undefined && this.#isFinal && this.#isReached(herald, replica, target)) return true;
    const present = this.#present();
    if (target === undefined || !this.#isFinal || !this.#isUnderWay(herald, replica)) {
      const odd = present.length % 2 === 1 ? present.length : present.length - 1;
      this.#isFinal = true;
      this.#ask(herald, replica.order, present.slice(0, Math.min(odd, this.#plan.mostVoters)), []);
    }
    return false;
  }

  #isFinal = false;

  #target(): void {
    const herald = this.#world.herald();
    const replica = herald?.replicas()[0];
    if (herald === undefined || replica === undefined) return;
    const present = this.#random.shuffled(this.#present());
    if (present.length === 0) return;
    const voters = this.#random.chance(SMALL_STEP_SHARE) ? this.#smallStep(herald, present) : this.#anyone(present);
    if (voters.length === 0) return;
    const learners = present.filter((one) => !voters.includes(one) && this.#random.chance(LEARNER_SHARE));
    this.#ask(herald, replica.order, voters, learners);
  }

  #ask(herald: RunningRadiant, order: OrderId, voters: readonly Participant[], learners: readonly Participant[]): void {
    const names = (some: readonly Participant[]): readonly RadiantId[] => some.map(({ radiant }) => radiant);
    this.#latest.unshift({ voters: names(voters), learners: names(learners) });
    this.#latest.length = Math.min(this.#latest.length, REMEMBERED_WISHES);
    this.#world.trace.record(herald.name, 'proposed', undefined, () => `for ${voters.length} and ${learners.length}`);
    herald.handle({ kind: 'change-members', order, voters, learners });
  }

  #anyone(present: readonly Participant[]): readonly Participant[] {
    const most = Math.min(present.length, this.#plan.mostVoters);
    const count = 1 + this.#random.integer(most);
    const isEvenMeant = this.#random.chance(EVEN_SHARE);
    return present.slice(0, count % 2 === 0 && !isEvenMeant ? count - 1 : count);
  }

  #smallStep(herald: RunningRadiant, present: readonly Participant[]): readonly Participant[] {
    const members = herald.view().orders[0]?.members ?? [];
    const isVoter = ({ radiant }: Participant): boolean =>
      members.some((member) => member.radiant === radiant && member.memberKind === 'voter');
    const stay = present.filter(isVoter);
    const others = present.filter((one) => !isVoter(one));
    const step = this.#random.pick(['come', 'go', 'exchange'] as const);
    const remaining = step === 'come' ? stay : stay.slice(1);
    const voters = step === 'go' ? remaining : [...remaining, ...others.slice(0, 1)];
    return voters.slice(0, this.#plan.mostVoters);
  }

  /** Who runs now and remembers. */
  #present(): Participant[] {
    return this.#world.hosts.flatMap((host) =>
      host.radiants
        .filter(({ radiant }) => !this.#isBereft(radiant))
        .map(({ radiant }) => ({ radiant, device: host.device.id })),
    );
  }

  #isUnderWay(herald: RunningRadiant, { order }: OwnReplica): boolean {
    return herald.view().orders.find((view) => view.order === order)?.replica?.target.isReached === false;
  }

  #isReached(herald: RunningRadiant, own: OwnReplica, target: ProposedMembership): boolean {
    if (this.#isUnderWay(herald, own)) return false;
    const members = herald.view().orders.find((view) => view.order === own.order)?.members ?? [];
    const voters = members.filter(({ memberKind }) => memberKind === 'voter').map(({ radiant }) => radiant);
    return voters.length === target.voters.length && voters.every((radiant) => target.voters.includes(radiant));
  }
}
