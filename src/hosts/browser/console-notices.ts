/** What a developer reads in the browser's console: the only place where the library writes to it. */
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

  /** Tells of a signaling server that does not answer: an application that shows no problems would be silent. */
  look({ signaling }: HostView): void {
    if (signaling === 'unreachable') this.warn(signalingUnreachable(this.#signalingUrl));
  }

  /** One line for each code and store: a server that comes and goes is told of once. */
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
