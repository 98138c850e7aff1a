import type { Versionstamp } from '../../wire/entries/command.ts';

/** The latest versionstamp of the key in any answer that was given before the call began. */
export interface StampFloor {
  readonly key: string;
  readonly latest: Versionstamp | undefined;
}

/**
 * Checks that versionstamps follow real time. A write's versionstamp is later than any that was answered before the
 * write began. A read's versionstamp is not earlier. No two writes of a key share a versionstamp.
 */
export class VersionstampOrder {
  /** The first breach. It is reported at the end of the run, after the client histories are checked. */
  breach: string | undefined;
  readonly #latest = new Map<string, Versionstamp>();
  readonly #written = new Set<string>();

  asked(key: string): StampFloor {
    return { key, latest: this.#latest.get(key) };
  }

  written({ key, latest }: StampFloor, stamp: Versionstamp): void {
    const name = `${key} ${describe(stamp)}`;
    if (this.#written.has(name)) this.breach ??= `two writes have the versionstamp ${name}`;
    this.#written.add(name);
    if (latest !== undefined && !isBefore(latest, stamp)) {
      this.breach ??= `${key} was written as ${describe(stamp)}, and had been ${describe(latest)} before that was asked`;
    }
    this.#tell(key, stamp);
  }

  read({ key, latest }: StampFloor, stamp: Versionstamp): void {
    if (latest !== undefined && isBefore(stamp, latest)) {
      this.breach ??= `${key} was read as ${describe(stamp)}, and had been ${describe(latest)} before that was asked`;
    }
    this.#tell(key, stamp);
  }

  #tell(key: string, stamp: Versionstamp): void {
    const latest = this.#latest.get(key);
    if (latest === undefined || isBefore(latest, stamp)) this.#latest.set(key, stamp);
  }
}

function isBefore(one: Versionstamp, other: Versionstamp): boolean {
  return one.generation < other.generation || (one.generation === other.generation && one.revision < other.revision);
}

function describe({ generation, revision }: Versionstamp): string {
  return `${generation}.${revision}`;
}
