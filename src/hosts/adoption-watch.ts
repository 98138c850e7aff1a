/**
 * Decides which free radiants of its device a tab adopts, and which ones it hands over to a new tab (design, rule 4).
 * The tabs of a device see the same locks, so they agree without messages. This file is pure.
 */
import type { RadiantView } from '../radiant/contract.ts';
import type { RadiantId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { Times } from '../wire/times.ts';
import type { KnownIdentity } from './device-registry.ts';
import { groupsOf } from './identity-choice.ts';

/** The state of a device as one of its tabs sees it. */
export interface DeviceSight {
  readonly nowMs: number;
  readonly known: readonly KnownIdentity[];
  /** The runner of each radiant by radiant id. The radiants of one tab have the same runner. */
  readonly runners: ReadonlyMap<RadiantId, string>;
  readonly own: RadiantId;
  readonly groups: readonly VotingGroup[];
}

interface VotingGroup {
  readonly voters: ReadonlySet<RadiantId>;
  readonly live: ReadonlySet<RadiantId>;
  /** Whether a quorum is reachable. */
  readonly canDecide: boolean;
}

/** New tabs that wait for a radiant of this device. */
export interface Newcomers {
  readonly count: number;
  readonly wanted: ReadonlySet<RadiantId>;
}

interface Vacancy {
  readonly sinceMs: number;
  /** Whether this tab saw the radiant run before it became free. */
  readonly wasRun: boolean;
}

/** Measures how long the voters of this device have been free. A reload frees a voter only for a moment. */
export class AdoptionWatch {
  readonly #vacancies = new Map<RadiantId, Vacancy>();
  readonly #times: Times['host'];
  #running: ReadonlySet<RadiantId> = new Set();

  constructor(times: Times['host']) {
    this.#times = times;
  }

  /**
   * Returns the radiant to adopt now. Call this again after each adoption.
   * @param tried radiants that cannot be adopted now
   */
  observe(sight: DeviceSight, tried: ReadonlySet<RadiantId> = new Set()): RadiantId | undefined {
    this.#note(sight);
    if (runOf(sight, runnerOf(sight)).length >= LIMITS.host.radiantsInOneWorker) return undefined;
    return [...this.#vacancies].find(([radiant, vacancy]) => {
      return !tried.has(radiant) && sight.nowMs - vacancy.sinceMs >= patienceWith(sight, radiant, vacancy, this.#times);
    })?.[0];
  }

  #note({ nowMs, known, runners }: DeviceSight): void {
    const free = new Set(
      known
        .filter(({ radiant, voter, retired }) => voter && !retired && !runners.has(radiant))
        .map(({ radiant }) => radiant),
    );
    for (const radiant of this.#vacancies.keys()) if (!free.has(radiant)) this.#vacancies.delete(radiant);
    for (const radiant of free) {
      if (this.#vacancies.has(radiant)) continue;
      this.#vacancies.set(radiant, { sinceMs: nowMs, wasRun: this.#running.has(radiant) });
    }
    this.#running = new Set(runners.keys());
  }
}

/**
 * The adopted radiants to hand over to new tabs. Only the tab with the most radiants hands over. A new tab needs a
 * moment to run a radiant, so every quorum must hold without the radiants that move.
 */
export function handedOver(
  sight: DeviceSight,
  adopted: readonly { readonly radiant: RadiantId; readonly leads: boolean }[],
  { count, wanted }: Newcomers,
): readonly RadiantId[] {
  if (sight.groups.length === 0) return [];
  const own = runnerOf(sight);
  const load = runOf(sight, own).length;
  const isLessBusy = (other: string) => {
    const otherLoad = runOf(sight, other).length;
    return otherLoad < load || (otherLoad === load && other >= own);
  };
  if (![...sight.runners.values()].every(isLessBusy)) return [];
  const company = ({ radiant }: { readonly radiant: RadiantId }) => sharedVotes(sight, own, radiant);
  const inOrder = adopted
    .filter(({ radiant }) => wanted.has(radiant))
    .toSorted((one, other) => company(other) - company(one) || Number(one.leads) - Number(other.leads));
  const chosen: RadiantId[] = [];
  for (const { radiant } of inOrder) {
    if (chosen.length < count && canBeAbsent(sight, [...chosen, radiant])) chosen.push(radiant);
  }
  return chosen;
}

/** Whether each order with a quorum keeps it without these voters. */
function canBeAbsent({ groups }: DeviceSight, absent: readonly RadiantId[]): boolean {
  return groups.every(({ voters, live, canDecide }) => {
    if (!canDecide || !absent.some((radiant) => voters.has(radiant))) return true;
    const rest = [...live].filter((radiant) => !absent.includes(radiant));
    return rest.length >= Math.floor(voters.size / 2) + 1;
  });
}

export function votingGroups(view: RadiantView | undefined): readonly VotingGroup[] {
  if (view === undefined) return [];
  return groupsOf(view).map(({ members, quorumReachable }) => {
    const voters = members.filter(({ memberKind }) => memberKind === 'voter');
    return {
      voters: new Set(voters.map(({ radiant }) => radiant)),
      live: new Set(voters.filter(({ reachable }) => reachable).map(({ radiant }) => radiant)),
      canDecide: quorumReachable,
    };
  });
}

/**
 * Milliseconds that a radiant must have been free before this tab adopts it. A group without a quorum does not wait for
 * a possible reload. A tab that is not the best place waits longer.
 */
function patienceWith(
  sight: DeviceSight,
  radiant: RadiantId,
  { wasRun }: Vacancy,
  { adoptionUrgentMs, adoptionDelayMs, adoptionYieldMs }: Times['host'],
): number {
  const isMissed = sight.groups.some(({ voters, canDecide }) => !canDecide && voters.has(radiant));
  const patienceMs = isMissed && wasRun ? adoptionUrgentMs : adoptionDelayMs;
  return isBestPlace(sight, radiant) ? patienceMs : patienceMs + adoptionYieldMs;
}

/**
 * Whether this tab is the best one for the radiant. The best tab runs the fewest voters of the radiant's groups, then
 * the fewest radiants.
 */
function isBestPlace(sight: DeviceSight, radiant: RadiantId): boolean {
  const burden = (runner: string) => ({
    votes: sharedVotes(sight, runner, radiant),
    radiants: runOf(sight, runner).length,
  });
  const own = burden(runnerOf(sight));
  return [...new Set(sight.runners.values())].every((other) => {
    const { votes, radiants } = burden(other);
    return votes > own.votes || (votes === own.votes && radiants >= own.radiants);
  });
}

/** The number of votes that the runner's tab holds in the groups of the radiant. */
function sharedVotes(sight: DeviceSight, runner: string, radiant: RadiantId): number {
  const others = runOf(sight, runner).filter((other) => other !== radiant);
  const groups = sight.groups.filter(({ voters }) => voters.has(radiant));
  return groups.reduce((sum, { voters }) => sum + others.filter((other) => voters.has(other)).length, 0);
}

function runOf({ runners }: DeviceSight, runner: string): readonly RadiantId[] {
  return [...runners].filter(([, other]) => other === runner).map(([radiant]) => radiant);
}

function runnerOf({ runners, own }: DeviceSight): string {
  return runners.get(own) ?? '';
}
