/** Messages that rest on something unflushed: they leave when it is durable. */
import type { RaftMessage } from '../../wire/raft/message.ts';
import type { FlushMark, Ready } from './ready.ts';

/** What is to happen when a batch is durable. */
export interface Promises {
  readonly messages: readonly RaftMessage[];
  readonly mark: FlushMark | undefined;
}

export const NO_PROMISES: Promises = { messages: [], mark: undefined };

export function promisesOf(ready: Ready): Promises {
  return { messages: [...ready.messages.filter(restsOnTerm), ...ready.messagesAfterFlush], mark: ready.mark };
}

/** What may leave at once. */
export function freeMessagesOf(ready: Ready): readonly RaftMessage[] {
  return ready.messages.filter((message) => !restsOnTerm(message));
}

/** Of several acknowledgements to one leader the last says it all. */
export function isSuperseded(message: RaftMessage, next: RaftMessage | undefined): boolean {
  return (
    next !== undefined &&
    message.type === 'append-response' &&
    next.type === 'append-response' &&
    !message.reject &&
    !next.reject &&
    message.to === next.to &&
    message.term === next.term &&
    message.index <= next.index
  );
}

/**
 * An acknowledgement in a term that has passed while it waited. A leader that still counts it would count what a
 * later one may have replaced before it reached the disk.
 */
export function isOutdated({ type, term, reject }: RaftMessage, currentTerm: number): boolean {
  return type === 'append-response' && !reject && term < currentTerm;
}

/**
 * A candidate asks for votes only when its new term is flushed: if it could win with the votes of
 * others, crash, and come back without its term, it could win the same term twice.
 */
function restsOnTerm(message: RaftMessage): boolean {
  return message.type === 'vote';
}
