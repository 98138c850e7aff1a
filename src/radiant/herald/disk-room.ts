/**
 * What a herald does about full disks. A voter without room flushes nothing, so it does not count for the majority of a
 * write. A herald without room transfers its leadership to a voter with room. Where too few voters have room, the herald
 * refuses writes at once, because no flush would end their wait.
 */
import type { Consensus } from '../../consensus/contract.ts';
import { type RadiantId, type ReplicaId, shortId } from '../../wire/identifiers.ts';

export interface DiskRoomContext {
  readonly replica: ReplicaId;
  readonly consensus: Pick<Consensus, 'status' | 'flushedBy' | 'transfer'>;
  /** Whether another replica can be reached and takes part. */
  readonly isPresent: (replica: ReplicaId) => boolean;
  readonly radiantOf: (replica: ReplicaId) => RadiantId | undefined;
  /** Whether the disk of a replica has room, as far as is known; also of this one. */
  readonly hasRoom: (replica: ReplicaId) => boolean;
}

export class DiskRoom {
  readonly #context: DiskRoomContext;

  constructor(context: DiskRoomContext) {
    this.#context = context;
  }

  /** Why nothing can be committed; undefined where it can. */
  shortage(): string | undefined {
    const { membership, outgoingVoters } = this.#context.consensus.status();
    return this.#shortageOf(membership.voters) ?? this.#shortageOf(outgoingVoters);
  }

  /** Whether this replica itself has no room. */
  get isOwnFull(): boolean {
    return !this.#context.hasRoom(this.#context.replica);
  }

  /** Hands the office over where this replica has no room and enough others have: to the one with most of the log. */
  reconcile(): void {
    const { consensus, isPresent, hasRoom } = this.#context;
    const { role, membership } = consensus.status();
    if (role !== 'leader' || !this.isOwnFull || this.shortage() !== undefined) return;
    const able = membership.voters.filter((voter) => isPresent(voter) && hasRoom(voter));
    const flushed = (voter: ReplicaId) => consensus.flushedBy(voter) ?? 0;
    const [successor] = able.toSorted((one, other) => flushed(other) - flushed(one));
    if (successor !== undefined) consensus.transfer(successor);
  }

  #shortageOf(voters: readonly ReplicaId[]): string | undefined {
    const { replica, isPresent, hasRoom, radiantOf } = this.#context;
    const full = voters.filter((voter) => !hasRoom(voter));
    if (full.length === 0) return undefined;
    const able = voters.filter((voter) => hasRoom(voter) && (voter === replica || isPresent(voter)));
    if (able.length * 2 > voters.length) return undefined;
    const names = full
      .map((voter) => radiantOf(voter))
      .flatMap((radiant) => (radiant === undefined ? [] : shortId(radiant)));
    return (
      `The disks of ${full.length} of ${voters.length} voters are full (${names.join(', ')}), so nothing can be written. ` +
      'Free space on their devices, or allow this site more.'
    );
  }
}
