/** An order's state, put together again from its chunks: of this replica's own checkpoint, or of another's snapshot. */
import type { Restoration, StateMachine, StateMachineKind } from '../../store/contract.ts';
import { malformed } from '../../wire/decoding.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import type { Roster } from '../../wire/configuration/roster.ts';
import { decodeRoster } from '../../wire/configuration/roster-codec.ts';
import type { SnapshotDescription } from '../../wire/records/snapshot-description.ts';
import { decodeSnapshotDescription } from '../../wire/records/snapshot-description.ts';

/** What `OrderState` is made of. */
export interface RestoredState {
  readonly machine: StateMachine;
  /** Of the latest entry in it, the algorithm's own included. */
  readonly index: LogIndex;
  /** The members of the order, as of `index`. */
  readonly roster: Roster;
}

export class StateRestoration {
  readonly #description: SnapshotDescription;
  readonly #restoration: Restoration;
  #chunkCount = 0;
  #bytes = 0;

  /** @throws {ShardbearerError} `FRAME_MALFORMED` where the description cannot be read, or is of another place */
  constructor(kind: StateMachineKind, index: LogIndex, description: Uint8Array) {
    this.#description = decodeSnapshotDescription(description);
    if (this.#description.index !== index) throw malformed(`a state at ${this.#description.index}, not at ${index}`);
    this.#restoration = kind.restoration();
  }

  /** How many chunks were added; the next one has this number. */
  get chunkCount(): number {
    return this.#chunkCount;
  }

  /** Of all chunks that were added. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next chunk. @throws {ShardbearerError} `FRAME_MALFORMED`, `VERSION_UNSUPPORTED` */
  add(chunk: Uint8Array): void {
    this.#restoration.add(chunk);
    this.#chunkCount += 1;
    this.#bytes += chunk.length;
  }

  /** After the last chunk. @throws {ShardbearerError} `FRAME_MALFORMED` where the state is not the one described */
  finish(): RestoredState {
    const machine = this.#restoration.finish();
    const { index, digest, roster } = this.#description;
    const restored = machine.digest();
    if (restored !== digest) throw malformed(`the state at ${index} has the digest ${restored}, not ${digest}`);
    if (machine.appliedIndex > index) throw malformed(`the state at ${index} holds entry ${machine.appliedIndex}`);
    return { machine, index, roster: decodeRoster(roster) };
  }
}
