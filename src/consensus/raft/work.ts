/** One `Work` for the contract, put together from what the core hands out. */
import { encodeRaftMessage } from '../../wire/raft-codec.ts';
import type { RaftEntry, RaftMessage, RaftMessageType } from '../../wire/raft-message.ts';
import type {
  CommittedEntry,
  OutgoingMessage,
  Persist,
  ReadGrant,
  ReadNumber,
  SnapshotFetch,
  Work,
} from '../contract.ts';

export class WorkBuilder {
  readonly #messages: OutgoingMessage[] = [];
  #committed: CommittedEntry[] = [];
  readonly #reads: ReadGrant[] = [];
  readonly #abandoned: ReadNumber[] = [];

  send(messages: readonly RaftMessage[]): void {
    for (const message of messages) {
      this.#messages.push({
        to: message.to,
        message: encodeRaftMessage(message),
        urgent: !KEEPS_ITS_PLACE.includes(message.type),
      });
    }
  }

  commit(entries: readonly RaftEntry[]): void {
    if (entries.length > 0) this.#committed = this.#committed.concat(entries.map(committedEntry));
  }

  grant(reads: readonly ReadGrant[]): void {
    for (const read of reads) this.#reads.push(read);
  }

  abandon(reads: readonly ReadNumber[]): void {
    for (const read of reads) this.#abandoned.push(read);
  }

  /** Undefined: there is nothing to do. */
  build(persist: Persist | undefined, fetch: SnapshotFetch | undefined): Work | undefined {
    const [messages, committed, reads, abandonedReads] = [
      this.#messages,
      this.#committed,
      this.#reads,
      this.#abandoned,
    ];
    if (
      persist === undefined &&
      fetch === undefined &&
      messages.length + committed.length + reads.length + abandonedReads.length === 0
    ) {
      return undefined;
    }
    return { persist, messages, committed, reads, abandonedReads, fetch };
  }
}

/** Appends that overtake each other look like gaps to their receiver. */
const KEEPS_ITS_PLACE: readonly RaftMessageType[] = ['append', 'snapshot', 'propose'];

function committedEntry(entry: RaftEntry): CommittedEntry {
  const isOwn = entry.kind !== 'normal' || entry.payload.length === 0;
  return { index: entry.index, payload: isOwn ? undefined : entry.payload };
}
