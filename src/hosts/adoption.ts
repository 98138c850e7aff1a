/** The radiants of this device whose tabs are gone, and that this one runs beside its own (design, rule 4). */
import type { RadiantView } from '../radiant/contract.ts';
import type { Scheduler } from '../transport/scheduler.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import type { RadiantId } from '../wire/identifiers.ts';
import { typedError } from './envelope.ts';
import { AdoptionWatch, withKnownVoters } from './identity-choice.ts';
import type { HeldIdentity, IdentityKeeper } from './identity-keeper.ts';
import { type Locks, radiantLock } from './locks.ts';
import type { RadiantRunner } from './radiant-runner.ts';
import { letGo, putBack, type Running } from './running.ts';

export interface AdoptionParts {
  readonly room: string;
  readonly keeper: IdentityKeeper;
  readonly locks: Locks;
  readonly scheduler: Scheduler;
  readonly prepare: (identity: HeldIdentity) => RadiantRunner;
  /** What this tab's own radiant knows. */
  readonly ownView: () => RadiantView | undefined;
  readonly onProblem: (error: ShardbearerError) => void;
}

export class Adoption {
  readonly #parts: AdoptionParts;
  readonly #running = new Map<RadiantId, Running>();
  readonly #watch = new AdoptionWatch();
  #isLooking = false;
  #isEnded = false;

  constructor(parts: AdoptionParts) {
    this.#parts = parts;
  }

  get running(): readonly Running[] {
    return [...this.#running.values()];
  }

  /** Takes up the needed radiants of this device whose tabs are gone. */
  async look(): Promise<void> {
    if (this.#isLooking || this.#isEnded) return;
    this.#isLooking = true;
    try {
      const { keeper, locks, scheduler, room, ownView } = this.#parts;
      const known = withKnownVoters(await keeper.known(room), ownView());
      const held = await locks.heldNames();
      const isHeld = (radiant: RadiantId) => held.has(radiantLock(radiant));
      const free = this.#watch.observe(scheduler.nowMs(), known, isHeld, 1 + this.#running.size);
      for (const radiant of free) await this.#adopt(radiant);
    } catch (error) {
      this.#parts.onProblem(typedError(error));
    } finally {
      this.#isLooking = false;
    }
  }

  /** One that nothing rests on any more is left to whoever comes. */
  async release(radiant: RadiantId): Promise<void> {
    const running = this.#running.get(radiant);
    this.#running.delete(radiant);
    if (running !== undefined) await letGo(running);
  }

  /** It will never run again. */
  forget(radiant: RadiantId): void {
    this.#running.delete(radiant);
  }

  /** Takes up none from now on. */
  end(): void {
    this.#isEnded = true;
  }

  async #adopt(radiant: RadiantId): Promise<void> {
    if (this.#isEnded) return;
    const identity = await this.#parts.keeper.tryHold(radiant);
    if (identity === undefined) return;
    if (this.#hasEnded()) {
      await putBack(identity);
      return;
    }
    const runner = this.#parts.prepare(identity);
    this.#running.set(radiant, { identity, runner });
    runner.start(identity.database);
  }

  /** It may have ended while something was awaited. */
  #hasEnded(): boolean {
    return this.#isEnded;
  }
}
