/** What Raft must remember of a log whose beginning is forgotten: the last forgotten place, and who took part there. */
import { malformed } from '../../wire/decoding.ts';
import { asLogIndex } from '../../wire/identifiers.ts';
import { decodeRaftSnapshot, encodeRaftSnapshot } from '../../wire/raft/membership-codec.ts';
import type { RaftMembership } from '../../wire/raft/message.ts';
import type { Mark } from '../contract.ts';
import type { LogPlace } from './log.ts';

const NO_PAYLOAD = new Uint8Array(0);

export function markAt({ index, term }: LogPlace, membership: RaftMembership): Mark {
  const at = asLogIndex(index);
  return { index: at, bytes: encodeRaftSnapshot({ index: at, term, membership, payload: NO_PAYLOAD }) };
}

/** @throws {ShardbearerError} `FRAME_MALFORMED`, also where it is the mark of another index */
export function readMark({ index, bytes }: Mark): { readonly place: LogPlace; readonly membership: RaftMembership } {
  const read = decodeRaftSnapshot(bytes);
  if (read.index !== index) throw malformed(`the mark of ${read.index} at ${index}`);
  return { place: { index, term: read.term }, membership: read.membership };
}
