/**
 * Founding (design, rules 1 and 12): who makes up the first order. The founder
 * collects beacons until enough radiants that can remember are present, then
 * mints configuration 1, once.
 */
import { assert } from '../wire/assertion.ts';
import type { Configuration } from '../wire/configuration.ts';
import type { ClusterId, DeviceId, OrderId, RadiantId } from '../wire/identifiers.ts';
import { asReplicaId, asSlot, SLOT_COUNT } from '../wire/identifiers.ts';

/** A radiant that is present and could become a first voter. */
export interface Beacon {
  readonly radiant: RadiantId;
  readonly device: DeviceId;
}

export interface FoundingTerms {
  readonly cluster: ClusterId;
  /** Minted at random for this founding. */
  readonly order: OrderId;
  readonly algorithm: string;
  readonly stateMachine: string;
  readonly replicationFactor: number;
}

/**
 * The first voters, or undefined while too few are present. Deterministic; the
 * founder is one of them if it can be, and as many devices as possible are.
 */
export function chooseFirstVoters(
  founder: RadiantId,
  beacons: readonly Beacon[],
  replicationFactor: number,
): readonly Beacon[] | undefined {
  const candidates = [...new Map(beacons.map((beacon) => [beacon.radiant, beacon])).values()];
  if (candidates.length < replicationFactor) return undefined;
  candidates.sort((one, other) => rank(one, founder).localeCompare(rank(other, founder)));
  const chosen: Beacon[] = [];
  while (chosen.length < replicationFactor) {
    const next = leastUsedDevice(candidates, chosen);
    chosen.push(next);
    candidates.splice(candidates.indexOf(next), 1);
  }
  return chosen;
}

/** Configuration 1: one order of these voters, which serves the whole ring. */
export function foundingConfiguration(terms: FoundingTerms, voters: readonly Beacon[]): Configuration {
  assert(voters.length === terms.replicationFactor, 'the first order is as large as the replication factor');
  const ring = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1), epoch: 1 };
  return {
    cluster: terms.cluster,
    generation: 0,
    number: 1,
    algorithm: terms.algorithm,
    stateMachine: terms.stateMachine,
    replicationFactor: terms.replicationFactor,
    bondsmith: undefined,
    orders: [
      {
        id: terms.order,
        firstVoters: voters.map(({ radiant, device }, at) => ({ radiant, device, replica: asReplicaId(at + 1) })),
        firstShards: [ring],
        members: { number: 1, voters: voters.map(({ radiant, device }) => ({ radiant, device })), learners: [] },
        shards: [{ ...ring, source: undefined }],
      },
    ],
  };
}

/** The founder comes first, the others by their ids. */
function rank(beacon: Beacon, founder: RadiantId): string {
  return beacon.radiant === founder ? '' : beacon.radiant;
}

function leastUsedDevice(candidates: readonly Beacon[], chosen: readonly Beacon[]): Beacon {
  const uses = (beacon: Beacon) => chosen.filter(({ device }) => device === beacon.device).length;
  return candidates.reduce((least, beacon) => (uses(beacon) < uses(least) ? beacon : least));
}
