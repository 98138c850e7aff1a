/**
 * What others have flushed (design, rule 2). Every radiant remembers how far it
 * has seen each replica get, under which boot. A boot that began with less has
 * lost data: its disk was wiped, or an older copy of it was put back.
 */
import { isBehind } from '../consensus/contract.ts';
import type { Position, SeenReplica } from '../wire/frame.ts';
import type { BootId, OrderId, ReplicaId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';

/** How a boot of a replica began. */
export interface Beginning {
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

/** The later of two sightings of one replica. */
export function laterSighting(one: SeenReplica, other: SeenReplica): SeenReplica {
  const newer = other.startCounter > one.startCounter ? other : one;
  return { ...newer, position: furthest(one.position, other.position) };
}

/** All sightings that one radiant knows of. */
export class SeenReplicas {
  readonly #sightings = new Map<string, SeenReplica>();
  /** Groups of which something was learned since it was last handed out to be written. */
  readonly #unwritten = new Set<OrderId>();

  of(group: OrderId, replica: ReplicaId): SeenReplica | undefined {
    return this.#sightings.get(nameOf(group, replica));
  }

  /** @returns whether something new was learned */
  note(sighting: SeenReplica): boolean {
    const name = nameOf(sighting.group, sighting.replica);
    const known = this.#sightings.get(name);
    if (known === undefined) {
      // What is remembered is never pushed out by more: a bound that forgot would let a wiped replica vote.
      if (this.#sightings.size >= LIMITS.seenReplicas) return false;
      this.#set(name, sighting);
      return true;
    }
    const merged = laterSighting(known, sighting);
    if (same(known, merged)) return false;
    this.#set(name, merged);
    return true;
  }

  /** What to write of a group with its next batch; undefined: nothing that was not handed out before. */
  takeUnwritten(group: OrderId): readonly SeenReplica[] | undefined {
    return this.#unwritten.delete(group) ? this.ofGroup(group) : undefined;
  }

  /** What was heard before the configuration was known may be of others' groups. */
  keepOnly(groups: ReadonlySet<OrderId>): void {
    for (const [name, { group }] of this.#sightings) if (!groups.has(group)) this.#sightings.delete(name);
  }

  all(): readonly SeenReplica[] {
    return [...this.#sightings.values()];
  }

  ofGroup(group: OrderId): readonly SeenReplica[] {
    return this.all().filter((sighting) => sighting.group === group);
  }

  #set(name: string, sighting: SeenReplica): void {
    this.#sightings.set(name, sighting);
    this.#unwritten.add(sighting.group);
  }
}

function nameOf(group: OrderId, replica: ReplicaId): string {
  return `${group}/${replica}`;
}

/** Within an era the index grows, and a later era outweighs it; what is settled never shrinks. */
function furthest(one: Position, other: Position): Position {
  const ahead = other.era > one.era || (other.era === one.era && other.index > one.index) ? other : one;
  return { era: ahead.era, index: ahead.index, settled: Math.max(one.settled, other.settled) };
}

function same(one: SeenReplica, other: SeenReplica): boolean {
  return (
    one.boot === other.boot &&
    one.startCounter === other.startCounter &&
    one.position.era === other.position.era &&
    one.position.index === other.position.index &&
    one.position.settled === other.position.settled
  );
}
