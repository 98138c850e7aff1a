/**
 * The reasons why the herald of an order accepts no requests. It may lack leadership, a quorum, or disk space. The
 * check examines every voter, so it is repeated only after a change.
 */
import type { Answer } from '../../wire/frames/frame.ts';
import type { Changes } from '../changes.ts';
import { reject } from '../replies.ts';
import type { Replica } from '../replica/replica.ts';
import type { ReplicaContext } from '../replica/replica-context.ts';
import type { DiskRoom } from './disk-room.ts';

interface Found {
  /** The refusal of every request. Undefined if reads can be accepted. */
  readonly toRequests: Answer | undefined;
  /** The refusal of every change. Undefined if changes can be accepted. */
  readonly toChanges: Answer | undefined;
}

export class Obstacles {
  readonly #replica: Replica;
  readonly #context: Pick<ReplicaContext, 'missingQuorum'>;
  readonly #changes: Changes;
  readonly #diskRoom: DiskRoom;
  /** The count of changes at the last check. */
  #judgedCount = -1;
  #found: Found = { toRequests: undefined, toChanges: undefined };

  constructor(replica: Replica, context: Pick<ReplicaContext, 'missingQuorum' | 'changes'>, diskRoom: DiskRoom) {
    this.#replica = replica;
    this.#context = context;
    this.#changes = context.changes;
    this.#diskRoom = diskRoom;
  }

  find(): Found {
    if (this.#judgedCount !== this.#changes.count) {
      this.#judgedCount = this.#changes.count;
      const toRequests = this.#toRequests();
      this.#found = { toRequests, toChanges: toRequests ?? this.#toChanges() };
    }
    return this.#found;
  }

  #toRequests(): Answer | undefined {
    if (this.#replica.consensus.status().role !== 'leader') {
      return reject('NOT_HERALD', 'This radiant does not lead the order.', this.#replica.leader());
    }
    const missing = this.#context.missingQuorum();
    return missing === undefined ? undefined : reject('NO_QUORUM', missing);
  }

  #toChanges(): Answer | undefined {
    const shortage = this.#diskRoom.shortage();
    if (shortage !== undefined) return reject('STORAGE_FULL', shortage);
    if (!this.#diskRoom.isOwnFull) return undefined;
    return reject('NOT_HERALD', 'The disk of the herald is full. Another voter is about to lead.');
  }
}
