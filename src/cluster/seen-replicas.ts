/**
 * Flushed positions of replicas, as other radiants saw them (design, rule 2). A boot that began behind such a position
 * has lost data, because its disk was wiped or an older copy was restored.
 */
import { isBehind } from '../consensus/contract.ts';
import type { Position, SeenReplica } from '../wire/frames/frame.ts';
import type { BootId, OrderId, ReplicaId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';

interface Beginning {
  readonly boot: BootId;
  readonly startCounter: number;
  /** Position at the start of the boot. Undefined if the boot has no data of the replica. */
  readonly atStart: Position | undefined;
}

/** Whether a boot begins behind the flushed position of an earlier boot. */
export function hasLost(beginning: Beginning, seen: SeenReplica): boolean {
  if (seen.boot === beginning.boot) return false;
  if (beginning.startCounter <= seen.startCounter) return true;
  return beginning.atStart === undefined || isBehind(beginning.atStart, seen.position);
}

/** Merges two sightings of one replica. The result has the later boot and the furthest position. */
export function mergeSightings(one: SeenReplica, other: SeenReplica): SeenReplica {
  const { group, replica, boot, startCounter } = other.startCounter > one.startCounter ? other : one;
  return { group, replica, boot, startCounter, position: furthest(one.position, other.position) };
}

/**
 * The sightings of one replica. The latest boot is kept apart from earlier ones, because it must have begun with all
 * data that they had flushed. One merged position would hide a loss.
 */
interface Sightings {
  readonly latest: SeenReplica;
  /** The merged sightings of all boots before the latest. */
  readonly earlier: SeenReplica | undefined;
}

export class SeenReplicas {
  readonly #sightings = new Map<OrderId, Map<ReplicaId, Sightings>>();
  /** Number of known replicas. */
  #size = 0;
  /** Groups with sightings that are not written yet. */
  readonly #unwritten = new Set<OrderId>();

  provesLoss(group: OrderId, replica: ReplicaId, beginning: Beginning): boolean {
    return sightingsIn(this.#sightings.get(group)?.get(replica)).some((seen) => hasLost(beginning, seen));
  }

  /**
   * Notes a sighting.
   * @returns whether the sighting was new
   */
  note(sighting: SeenReplica): boolean {
    const { group, replica } = sighting;
    const known = this.#sightings.get(group)?.get(replica);
    if (known === undefined) {
      // A sighting is never dropped in favour of another replica's. Forgetting one would let a wiped replica vote.
      if (this.#size >= LIMITS.liveness.seenReplicas) return false;
      this.#size++;
      this.#put(group, replica, { latest: sighting, earlier: undefined });
      return true;
    }
    const { latest, earlier } = known;
    if (sighting.startCounter !== latest.startCounter) return this.#noteOtherBoot(known, sighting);
    // This is the usual case. Every message of a replica carries a sighting, and most show a later position of the same
    // boot.
    const position = furthest(latest.position, sighting.position);
    if (position === latest.position) return false;
    this.#sightings.get(group)?.set(replica, { latest: { ...latest, position }, earlier });
    this.#unwritten.add(group);
    return true;
  }

  /** The sightings to write with the next batch. Undefined if no sighting is new. */
  takeUnwritten(group: OrderId): readonly SeenReplica[] | undefined {
    return this.#unwritten.delete(group) ? this.ofGroup(group) : undefined;
  }

  /** Marks all sightings of a group, so that its next batch writes them again. */
  writeAgain(group: OrderId): void {
    this.#unwritten.add(group);
  }

  /** Drops the sightings of replicas that are out. A removed replica never votes again. */
  forget(group: OrderId, isOut: (replica: ReplicaId) => boolean): void {
    const ofGroup = this.#sightings.get(group);
    for (const replica of ofGroup?.keys() ?? []) {
      if (!isOut(replica) || ofGroup?.delete(replica) !== true) continue;
      this.#size--;
      this.#unwritten.add(group);
    }
  }

  /**
   * Keeps only the sightings of these groups. Sightings from before the first configuration may belong to other groups.
   */
  keepOnly(groups: ReadonlySet<OrderId>): void {
    for (const [group, replicas] of this.#sightings) {
      if (groups.has(group)) continue;
      this.#sightings.delete(group);
      this.#size -= replicas.size;
    }
  }

  /** All sightings. A replica has at most two. */
  all(): readonly SeenReplica[] {
    return [...this.#sightings.keys()].flatMap((group) => this.ofGroup(group));
  }

  ofGroup(group: OrderId): readonly SeenReplica[] {
    return [...(this.#sightings.get(group)?.values() ?? [])].flatMap(sightingsIn);
  }

  #noteOtherBoot(known: Sightings, sighting: SeenReplica): boolean {
    const { latest, earlier } = known;
    const [newer, older] = sighting.startCounter > latest.startCounter ? [sighting, latest] : [latest, sighting];
    const now = { latest: newer, earlier: earlier === undefined ? older : mergeSightings(earlier, older) };
    if (newer === latest && same(earlier, now.earlier)) return false;
    this.#put(sighting.group, sighting.replica, now);
    return true;
  }

  #put(group: OrderId, replica: ReplicaId, sightings: Sightings): void {
    const ofGroup = this.#sightings.get(group);
    if (ofGroup === undefined) this.#sightings.set(group, new Map([[replica, sightings]]));
    else ofGroup.set(replica, sightings);
    this.#unwritten.add(group);
  }
}

function sightingsIn(sightings: Sightings | undefined): readonly SeenReplica[] {
  if (sightings === undefined) return [];
  const { latest, earlier } = sightings;
  return earlier === undefined ? [latest] : [latest, earlier];
}

/**
 * The furthest of two positions. Within a vote epoch the index grows, and a later vote epoch outweighs the index. The
 * committed index never shrinks.
 * @returns the object `one` if `other` is not further in any of these numbers
 */
function furthest(one: Position, other: Position): Position {
  const isAhead = other.voteEpoch > one.voteEpoch || (other.voteEpoch === one.voteEpoch && other.index > one.index);
  if (!isAhead && other.committedIndex <= one.committedIndex) return one;
  const { voteEpoch, index } = isAhead ? other : one;
  return { voteEpoch, index, committedIndex: Math.max(one.committedIndex, other.committedIndex) };
}

function same(one: SeenReplica | undefined, other: SeenReplica | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.boot === other.boot &&
    one.startCounter === other.startCounter &&
    one.position.voteEpoch === other.position.voteEpoch &&
    one.position.index === other.position.index &&
    one.position.committedIndex === other.position.committedIndex
  );
}
