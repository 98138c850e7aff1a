/**
 * Removes keys whose time is over while an order is idle. Every entry lets the log time pass, so the herald of an idle
 * order proposes an entry for that purpose alone. It has one such entry in flight, and proposes at most one in a tick.
 */
import type { ConsensusStatus } from '../../consensus/contract.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import type { Replica } from '../replica/replica.ts';
import type { DiskRoom } from './disk-room.ts';

export class KeyExpiry {
  readonly #replica: Replica;
  readonly #diskRoom: DiskRoom;
  #term = 0;
  /** Index of the latest proposal. In a new term, the last index of the log. */
  #proposed = asLogIndex(0);

  constructor(replica: Replica, diskRoom: DiskRoom) {
    this.#replica = replica;
    this.#diskRoom = diskRoom;
  }

  /** Proposes an entry if a key is due. Call this in every tick, so that the log time passes. */
  tick({ role, term, lastIndex }: ConsensusStatus): void {
    if (role !== 'leader') return;
    if (term !== this.#term) [this.#term, this.#proposed] = [term, lastIndex];
    const { state } = this.#replica;
    const logTimeMs = this.#replica.readLogTime();
    const { nextExpiryMs } = state;
    if (nextExpiryMs === undefined || nextExpiryMs >= logTimeMs || state.applied < this.#proposed) return;
    if (this.#diskRoom.isObstructed || this.#replica.isLogFull) return;
    const outcome = this.#replica.propose({ kind: 'expire' });
    if (outcome.kind === 'accepted') this.#proposed = outcome.index;
  }
}
