import { decodeBody, decodeSoundHeader, kindOfBody } from '../../wire/frames/frame-codec.ts';
import { decodeRaftMessage } from '../../wire/raft/raft-codec.ts';
import type { RaftMessageType } from '../../wire/raft/message.ts';

/** Whether the frame answers another frame. False if the frame cannot be decoded. */
export function isReply(bytes: Uint8Array): boolean {
  try {
    const { body: encoded } = decodeSoundHeader(bytes);
    const kind = kindOfBody(encoded);
    if (kind === 'presence' || kind === 'request') return false;
    if (kind === 'reply') return true;
    const body = decodeBody(encoded);
    if (body.kind === 'consensus') return isResponse(decodeRaftMessage(body.message).type);
    return body.kind === 'snapshot-chunk' || body.kind === 'snapshot-gone';
  } catch {
    return false;
  }
}

export function isResponse(type: RaftMessageType): boolean {
  return type.endsWith('-response');
}
