/** Notices for developers. Other code of this library does not write to the browser's console. */
import type { ErrorCode } from '../../wire/errors.ts';
import type { HostView } from '../contract.ts';
import { signalingUnreachable } from '../readiness.ts';

export class ConsoleNotices {
  readonly #signalingUrl: string;
  readonly #write: (line: string) => void;
  readonly #told = new Set<ErrorCode>();

  constructor(signalingUrl: string, write: (line: string) => void = writeWarning) {
    this.#signalingUrl = signalingUrl;
    this.#write = write;
  }

  /** Warns if the signaling server does not answer, for applications that show no problems. */
  look({ signaling }: HostView): void {
    if (signaling === 'unreachable') this.warn(signalingUnreachable(this.#signalingUrl));
  }

  /** Prints at most one line for each code in each store. */
  warn({ code, message }: { readonly code: ErrorCode; readonly message: string }): void {
    if (this.#told.has(code)) return;
    this.#told.add(code);
    this.#write(`Shardbearer: ${message} [${code}]`);
  }
}

function writeWarning(line: string): void {
  // oxlint-disable-next-line no-console -- this is the place
  console.warn(line);
}
