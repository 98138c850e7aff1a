/** Builds one `Work` for the contract. */
import { encodeRaftMessage } from '../../wire/raft/raft-codec.ts';
import type { RaftEntry, RaftMessage, RaftMessageType } from '../../wire/raft/message.ts';
import type {
  CommittedEntry,
  OutgoingMessage,
  Persist,
  ReadGrant,
  ReadNumber,
  SnapshotFetch,
  Work,
} from '../contract.ts';

/** Called after every event. Lists are allocated only when they have content. */
export class WorkBuilder {
  #messages: OutgoingMessage[] | undefined;
  #committed: readonly CommittedEntry[] | undefined;
  #reads: readonly ReadGrant[] | undefined;
  #abandoned: readonly ReadNumber[] | undefined;

  send(messages: readonly RaftMessage[]): void {
    for (const message of messages) {
      this.#messages ??= [];
      this.#messages.push({
        to: message.to,
        message: encodeRaftMessage(message),
        urgent: !ORDERED_TYPES.includes(message.type),
      });
    }
  }

  commit(entries: readonly RaftEntry[]): void {
    if (entries.length > 0) this.#committed = [...(this.#committed ?? NONE), ...entries.map(committedEntry)];
  }

  grant(reads: readonly ReadGrant[]): void {
    if (reads.length > 0) this.#reads = [...(this.#reads ?? NONE), ...reads];
  }

  abandon(reads: readonly ReadNumber[]): void {
    if (reads.length > 0) this.#abandoned = [...(this.#abandoned ?? NONE), ...reads];
  }

  /** Undefined: no work. */
  build(persist: Persist | undefined, fetch: SnapshotFetch | undefined): Work | undefined {
    const messages = this.#messages;
    const committed = this.#committed;
    const reads = this.#reads;
    const abandonedReads = this.#abandoned;
    if ((persist ?? fetch ?? messages ?? committed ?? reads ?? abandonedReads) === undefined) return undefined;
    return {
      persist,
      messages: messages ?? NONE,
      committed: committed ?? NONE,
      reads: reads ?? NONE,
      abandonedReads: abandonedReads ?? NONE,
      fetch,
    };
  }
}

const NONE: readonly never[] = [];

/** A receiver takes overtaking appends for gaps. */
const ORDERED_TYPES: readonly RaftMessageType[] = ['append', 'snapshot', 'propose'];

function committedEntry(entry: RaftEntry): CommittedEntry {
  const isOwn = entry.kind !== 'normal' || entry.payload.length === 0;
  return { index: entry.index, payload: isOwn ? undefined : entry.payload };
}
