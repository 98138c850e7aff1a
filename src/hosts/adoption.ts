/** Runs the radiants of closed tabs in addition to the tab's own (design, rule 4), until a new tab can run them. */
import type { RadiantView } from '../radiant/contract.ts';
import type { Scheduler } from '../transport/scheduler.ts';
import type { ShardbearerError } from '../wire/errors.ts';
import type { RadiantId } from '../wire/identifiers.ts';
import type { Times } from '../wire/times.ts';
import { AdoptionWatch, type DeviceSight, handedOver, type Newcomers, votingGroups } from './adoption-watch.ts';
import { typedError } from './error-record.ts';
import { groupsOf, withKnownVoters } from './identity-choice.ts';
import type { HeldIdentity, IdentityKeeper } from './identity-keeper.ts';
import { type Locks, radiantLock } from './locks.ts';
import type { RadiantRunner } from './radiant-runner.ts';

export interface Running {
  readonly identity: HeldIdentity;
  readonly runner: RadiantRunner;
}

/** Says goodbye and frees the identity. */
export async function releaseRunning({ runner, identity }: Running): Promise<void> {
  await runner.close();
  identity.lock.release();
}

/** Frees an identity that never ran. */
export async function releaseUnused({ database, lock }: HeldIdentity): Promise<void> {
  await database.close();
  lock.release();
}

interface AdoptionParts {
  readonly room: string;
  readonly keeper: IdentityKeeper;
  readonly locks: Locks;
  readonly scheduler: Scheduler;
  readonly times: Times;
  readonly prepare: (identity: HeldIdentity) => RadiantRunner;
  readonly own: () => RadiantId;
  readonly ownView: () => RadiantView | undefined;
  readonly onProblem: (error: ShardbearerError) => void;
}

export class Adoption {
  readonly #parts: AdoptionParts;
  readonly #running = new Map<RadiantId, Running>();
  readonly #watch: AdoptionWatch;
  #isLooking = false;
  #isEnded = false;

  constructor(parts: AdoptionParts) {
    this.#parts = parts;
    this.#watch = new AdoptionWatch(parts.times.host);
  }

  get running(): readonly Running[] {
    return [...this.#running.values()];
  }

  /** Adopts needed radiants of closed tabs and hands over radiants to new tabs. */
  async look(): Promise<void> {
    if (this.#isLooking || this.#isEnded) return;
    this.#isLooking = true;
    try {
      await this.#handOver();
      const tried = new Set<RadiantId>();
      for (;;) {
        // Looks again after each adoption, since other tabs adopt at the same time.
        const { sight } = await this.#lookAround();
        const radiant = this.#watch.observe(sight, tried);
        if (radiant === undefined) return;
        tried.add(radiant);
        await this.#adopt(radiant);
      }
    } catch (error) {
      this.#parts.onProblem(typedError(error));
    } finally {
      this.#isLooking = false;
    }
  }

  /** Frees an adopted radiant that no order needs. */
  async release(radiant: RadiantId): Promise<void> {
    const running = this.#running.get(radiant);
    this.#running.delete(radiant);
    if (running !== undefined) await releaseRunning(running);
  }

  /** Removes a radiant that never runs again. */
  forget(radiant: RadiantId): void {
    this.#running.delete(radiant);
  }

  end(): void {
    this.#isEnded = true;
  }

  async #handOver(): Promise<void> {
    if (this.#running.size === 0) return;
    for (const radiant of await this.#dispensable()) {
      if (!this.#leads(radiant)) await this.release(radiant);
      // The transfer takes time. Meanwhile a voter may have gone, or the new tab may have found another radiant.
      else if ((await this.#transferLeadership(radiant)) && (await this.#dispensable()).includes(radiant)) {
        await this.release(radiant);
      }
    }
  }

  async #dispensable(): Promise<readonly RadiantId[]> {
    const { sight, newcomers } = await this.#lookAround();
    if (newcomers.count === 0) return [];
    const adopted = [...this.#running.keys()].map((radiant) => ({ radiant, leads: this.#leads(radiant) }));
    return handedOver(sight, adopted, newcomers);
  }

  #leads(radiant: RadiantId): boolean {
    return leadsAny(this.#running.get(radiant)?.runner.view());
  }

  /**
   * Asks other voters to lead.
   * @returns whether the radiant leads no order now
   */
  async #transferLeadership(radiant: RadiantId): Promise<boolean> {
    const { scheduler, times } = this.#parts;
    this.#running.get(radiant)?.runner.handle({ kind: 'transfer-leadership' });
    const deadlineMs = scheduler.nowMs() + times.host.leadershipTransferMs;
    while (this.#leads(radiant) && scheduler.nowMs() < deadlineMs) {
      await new Promise<void>((resolve) => {
        scheduler.after(times.raft.tickMs, resolve);
      });
    }
    return !this.#leads(radiant);
  }

  async #lookAround(): Promise<{ readonly sight: DeviceSight; readonly newcomers: Newcomers }> {
    const { keeper, locks, scheduler, room, own, ownView } = this.#parts;
    const known = withKnownVoters(await keeper.known(room), ownView());
    const { holders, waiting } = await locks.table();
    const runners = new Map<RadiantId, string>();
    const waitersOf = new Map<RadiantId, ReadonlySet<string>>();
    for (const { radiant } of known) {
      const holder = holders.get(radiantLock(radiant));
      if (holder !== undefined) runners.set(radiant, holder);
      const waiters = waiting.get(radiantLock(radiant));
      if (waiters !== undefined && waiters.size > 0) waitersOf.set(radiant, waiters);
    }
    const everyone = new Set([...waitersOf.values()].flatMap((waiters) => [...waiters]));
    return {
      sight: { nowMs: scheduler.nowMs(), known, runners, own: own(), groups: votingGroups(ownView()) },
      newcomers: { count: everyone.size, wanted: new Set(waitersOf.keys()) },
    };
  }

  async #adopt(radiant: RadiantId): Promise<void> {
    if (this.#isEnded) return;
    const identity = await this.#parts.keeper.tryHold(radiant);
    if (identity === undefined) return;
    if (this.#hasEnded()) {
      await releaseUnused(identity);
      return;
    }
    const runner = this.#parts.prepare(identity);
    this.#running.set(radiant, { identity, runner });
    runner.start(identity.database);
  }

  /** Reads the flag again after an await. TypeScript would assume that the flag is still false. */
  #hasEnded(): boolean {
    return this.#isEnded;
  }
}

function leadsAny(view: RadiantView | undefined): boolean {
  return view !== undefined && groupsOf(view).some(({ replica }) => replica?.role === 'leader');
}
