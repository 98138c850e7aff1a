/** How large entries are. */
import type { RaftEntry } from '../../wire/raft/message.ts';

/** What an entry takes beside its payload, about, in memory and on the wire. */
const ENTRY_OVERHEAD_BYTES = 16;

export function entryBytes(entry: RaftEntry): number {
  return entry.payload.length + ENTRY_OVERHEAD_BYTES;
}

/** What they take in memory, about. */
export function totalBytes(entries: readonly RaftEntry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entryBytes(entry);
  return bytes;
}

/** Of their payloads alone. */
export function payloadBytes(entries: readonly RaftEntry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.payload.length;
  return bytes;
}
