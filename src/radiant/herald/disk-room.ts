/**
 * The herald's response to full disks. A voter with a full disk flushes nothing, so it does not count for the majority
 * of a write. A herald with a full disk transfers its leadership to a voter with space. If too few voters have space,
 * the herald refuses writes at once, because no flush would end their wait.
 */
import { type ReplicaId, shortId } from '../../wire/identifiers.ts';
import type { Replica } from '../replica/replica.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';

type DiskRoomContext = Pick<ReplicaContext, 'hasDiskRoom' | 'radiantOf'>;

export class DiskRoom {
  readonly #replica: Replica;
  readonly #context: DiskRoomContext;
  readonly #isPresent: (replica: ReplicaId) => boolean;

  /** @param isPresent whether another replica can be reached and takes part */
  constructor(replica: Replica, context: DiskRoomContext, isPresent: (replica: ReplicaId) => boolean) {
    this.#replica = replica;
    this.#context = context;
    this.#isPresent = isPresent;
  }

  /** The reason why no write can be committed. Undefined if writes can be committed. */
  shortage(): string | undefined {
    const { membership, outgoingVoters } = this.#replica.consensus.status();
    return this.#shortageOf(membership.voters) ?? this.#shortageOf(outgoingVoters);
  }

  /** Whether a proposal would not be flushed, by this replica or by enough others. */
  get isObstructed(): boolean {
    return this.isOwnFull || this.shortage() !== undefined;
  }

  get isOwnFull(): boolean {
    return !this.#context.hasDiskRoom(this.#replica.id);
  }

  /**
   * Transfers leadership if this disk is full and enough voters have space. The successor is the voter with most of the
   * log.
   */
  reconcile(): void {
    const { consensus } = this.#replica;
    const { role, membership } = consensus.status();
    if (role !== 'leader' || !this.isOwnFull || this.shortage() !== undefined) return;
    const able = membership.voters.filter((voter) => this.#isPresent(voter) && this.#context.hasDiskRoom(voter));
    const flushed = (voter: ReplicaId) => consensus.matchIndex(voter) ?? 0;
    const [successor] = able.toSorted((one, other) => flushed(other) - flushed(one));
    if (successor !== undefined) consensus.transfer(successor);
  }

  #shortageOf(voters: readonly ReplicaId[]): string | undefined {
    const { hasDiskRoom, radiantOf } = this.#context;
    const full = voters.filter((voter) => !hasDiskRoom(voter));
    if (full.length === 0) return undefined;
    const able = voters.filter((voter) => hasDiskRoom(voter) && (voter === this.#replica.id || this.#isPresent(voter)));
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
