/** Rebuilds an order's state from the chunks of a checkpoint or of a snapshot. */
import type { Restoration, StateMachine, StateMachineKind } from '../../store/contract.ts';
import { malformed } from '../../wire/decoding.ts';
import type { LogIndex } from '../../wire/identifiers.ts';
import { decodeRoster, type Roster } from '../../wire/configuration/roster.ts';
import type { SnapshotDescription } from '../../wire/records/snapshot-description.ts';
import { decodeSnapshotDescription } from '../../wire/records/snapshot-description.ts';

export interface RestoredState {
  readonly machine: StateMachine;
  /** Index of the last entry, including entries of the consensus algorithm. */
  readonly index: LogIndex;
  readonly roster: Roster;
}

export class StateRestoration {
  readonly #description: SnapshotDescription;
  readonly #restoration: Restoration;
  #chunkCount = 0;
  #bytes = 0;

  /** @throws {ShardbearerError} `FRAME_MALFORMED` if the description is unreadable or has another index */
  constructor(kind: StateMachineKind, index: LogIndex, description: Uint8Array) {
    this.#description = decodeSnapshotDescription(description);
    if (this.#description.index !== index) throw malformed(`a state at ${this.#description.index}, not at ${index}`);
    this.#restoration = kind.restoration();
  }

  /** Number of added chunks, which is also the number of the next chunk. */
  get chunkCount(): number {
    return this.#chunkCount;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws {ShardbearerError} `FRAME_MALFORMED`, `VERSION_UNSUPPORTED` */
  add(chunk: Uint8Array): void {
    this.#restoration.add(chunk);
    this.#chunkCount += 1;
    this.#bytes += chunk.length;
  }

  /** @throws {ShardbearerError} `FRAME_MALFORMED` if the state does not match its description */
  finish(): RestoredState {
    const machine = this.#restoration.finish();
    const { index, digest, roster } = this.#description;
    const restored = machine.digest();
    if (restored !== digest) throw malformed(`the state at ${index} has the digest ${restored}, not ${digest}`);
    if (machine.appliedIndex > index) throw malformed(`the state at ${index} holds entry ${machine.appliedIndex}`);
    return { machine, index, roster: decodeRoster(roster) };
  }
}
