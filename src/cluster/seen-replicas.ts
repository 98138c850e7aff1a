/**
 * What others have flushed (design, rule 2). Every radiant remembers how far it
 * has seen each replica get, under which boot. A boot that began with less has
 * lost data: its disk was wiped, or an older copy of it was put back.
 */
import { isBehind } from '../consensus/contract.ts';
import type { Position, SeenReplica } from '../wire/frames/frame.ts';
import type { BootId, OrderId, ReplicaId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';

/** How a boot of a replica began. */
interface Beginning {
  readonly boot: BootId;
  readonly startCounter: number;
  /** Undefined: it knew nothing of this replica. */
  readonly atStart: Position | undefined;
}

/** Whether a boot remembers less than an earlier boot of the same replica was seen to have flushed. */
export function hasLost(beginning: Beginning, seen: SeenReplica): boolean {
  if (seen.boot === beginning.boot) return false;
  if (beginning.startCounter <= seen.startCounter) return true;
  return beginning.atStart === undefined || isBehind(beginning.atStart, seen.position);
}

/** Two sightings of one replica as one: the later boot, and the furthest that either had got. */
export function mergeSightings(one: SeenReplica, other: SeenReplica): SeenReplica {
  const { group, replica, boot, startCounter } = other.startCounter > one.startCounter ? other : one;
  return { group, replica, boot, startCounter, position: furthest(one.position, other.position) };
}

/**
 * What is known of one replica. The latest boot is kept apart from those before it: what they had flushed is what
 * it must have begun with. In one position the two could not be told apart, and a boot that lost something would
 * be excused by whoever met it first and tells of it.
 */
interface Sightings {
  readonly latest: SeenReplica;
  /** Of all boots before the latest. */
  readonly earlier: SeenReplica | undefined;
}

/** All sightings that one radiant knows of. */
export class SeenReplicas {
  readonly #sightings = new Map<OrderId, Map<ReplicaId, Sightings>>();
  /** Replicas of which any are known. */
  #size = 0;
  /** Groups of which something was learned since it was last handed out to be written. */
  readonly #unwritten = new Set<OrderId>();

  /** Whether a boot of a replica remembers less than an earlier one was seen to have flushed. */
  provesLoss(group: OrderId, replica: ReplicaId, beginning: Beginning): boolean {
    return sightingsIn(this.#sightings.get(group)?.get(replica)).some((seen) => hasLost(beginning, seen));
  }

  /** @returns whether something new was learned */
  note(sighting: SeenReplica): boolean {
    const { group, replica } = sighting;
    const known = this.#sightings.get(group)?.get(replica);
    if (known === undefined) {
      // What is remembered is never pushed out by more: a bound that forgot would let a wiped replica vote.
      if (this.#size >= LIMITS.seenReplicas) return false;
      this.#size++;
      this.#put(group, replica, { latest: sighting, earlier: undefined });
      return true;
    }
    // Most are of the boot that is known: nothing is made for one that tells nothing new.
    const { latest, earlier } = known;
    if (sighting.startCounter === latest.startCounter && isWithin(sighting.position, latest.position)) return false;
    const now = withSighting(known, sighting);
    if (same(latest, now.latest) && same(earlier, now.earlier)) return false;
    this.#put(group, replica, now);
    return true;
  }

  /** What to write of a group with its next batch; undefined: nothing that was not handed out before. */
  takeUnwritten(group: OrderId): readonly SeenReplica[] | undefined {
    return this.#unwritten.delete(group) ? this.ofGroup(group) : undefined;
  }

  /** All of a group is to be written with its next batch, though nothing new was learned. */
  writeAgain(group: OrderId): void {
    this.#unwritten.add(group);
  }

  /** Whoever is out of a group never votes again: what it had flushed does not matter any more. */
  forget(group: OrderId, isOut: (replica: ReplicaId) => boolean): void {
    const ofGroup = this.#sightings.get(group);
    for (const replica of ofGroup?.keys() ?? []) {
      if (!isOut(replica) || ofGroup?.delete(replica) !== true) continue;
      this.#size--;
      this.#unwritten.add(group);
    }
  }

  /** What was heard before the configuration was known may be of others' groups. */
  keepOnly(groups: ReadonlySet<OrderId>): void {
    for (const [group, replicas] of this.#sightings) {
      if (groups.has(group)) continue;
      this.#sightings.delete(group);
      this.#size -= replicas.size;
    }
  }

  /** At most two of each replica. */
  all(): readonly SeenReplica[] {
    return [...this.#sightings.keys()].flatMap((group) => this.ofGroup(group));
  }

  ofGroup(group: OrderId): readonly SeenReplica[] {
    return [...(this.#sightings.get(group)?.values() ?? [])].flatMap(sightingsIn);
  }

  #put(group: OrderId, replica: ReplicaId, sightings: Sightings): void {
    const ofGroup = this.#sightings.get(group);
    if (ofGroup === undefined) this.#sightings.set(group, new Map([[replica, sightings]]));
    else ofGroup.set(replica, sightings);
    this.#unwritten.add(group);
  }
}

function withSighting({ latest, earlier }: Sightings, sighting: SeenReplica): Sightings {
  if (sighting.startCounter === latest.startCounter) return { latest: mergeSightings(latest, sighting), earlier };
  const [newer, older] = sighting.startCounter > latest.startCounter ? [sighting, latest] : [latest, sighting];
  return { latest: newer, earlier: earlier === undefined ? older : mergeSightings(earlier, older) };
}

function sightingsIn(sightings: Sightings | undefined): readonly SeenReplica[] {
  if (sightings === undefined) return [];
  const { latest, earlier } = sightings;
  return earlier === undefined ? [latest] : [latest, earlier];
}

/** Within an vote epoch the index grows, and a later vote epoch outweighs it; what is committed index never shrinks. */
function furthest(one: Position, other: Position): Position {
  const ahead =
    other.voteEpoch > one.voteEpoch || (other.voteEpoch === one.voteEpoch && other.index > one.index) ? other : one;
  return {
    voteEpoch: ahead.voteEpoch,
    index: ahead.index,
    committedIndex: Math.max(one.committedIndex, other.committedIndex),
  };
}

/** Whether `other`, of the same boot, is at least as far. */
function isWithin(one: Position, other: Position): boolean {
  if (one.committedIndex > other.committedIndex) return false;
  return one.voteEpoch < other.voteEpoch || (one.voteEpoch === other.voteEpoch && one.index <= other.index);
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
