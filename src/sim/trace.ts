/** A running hash over everything that happens in a world. A listener also receives each event as text. */

export interface TraceLine {
  readonly timeMs: number;
  readonly subject: string;
  readonly text: string;
}

const PRIME = 0x0100_0193;
const OTHER_PRIME = 0x85eb_ca6b;

/** A hash in two lanes of FNV-1a over all events and bytes. The same seed gives the same hash on every machine. */
export class Trace {
  readonly #nowMs: () => number;
  readonly #listener: ((line: TraceLine) => void) | undefined;
  readonly #counts = new Map<string, number>();
  #lane = 0x811c_9dc5 | 0;
  #otherLane = 0x2545_f491 | 0;

  constructor(nowMs: () => number, listener?: (line: TraceLine) => void) {
    this.#nowMs = nowMs;
    this.#listener = listener;
  }

  /** Records an event with its bytes, if there are any. `describe` is called only if there is a listener. */
  record(subject: string, event: string, bytes?: Uint8Array, describe?: () => string): void {
    const nowMs = this.#nowMs();
    this.#counts.set(event, (this.#counts.get(event) ?? 0) + 1);
    this.#mix(Math.round(nowMs * 1_000) | 0);
    this.#mixText(subject);
    this.#mixText(event);
    if (bytes !== undefined) this.#mixBytes(bytes);
    if (this.#listener === undefined) return;
    const details = describe === undefined ? '' : ` ${describe()}`;
    this.#listener({ timeMs: nowMs, subject, text: `${event}${details}` });
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Hash of all events so far, as 16 hexadecimal digits. */
  hash(): string {
    return [this.#lane, this.#otherLane].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #mix(word: number): void {
    this.#lane = Math.imul(this.#lane ^ word, PRIME);
    this.#otherLane = Math.imul((this.#otherLane << 5) ^ (this.#otherLane >>> 27) ^ word, OTHER_PRIME);
  }

  #mixText(text: string): void {
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at));
    this.#mix(0x1_0000);
  }

  #mixBytes(bytes: Uint8Array): void {
    const whole = bytes.length - (bytes.length % 4);
    for (let at = 0; at < whole; at += 4) {
      this.#mix(
        (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24),
      );
    }
    for (let at = whole; at < bytes.length; at++) this.#mix(bytes[at] ?? 0);
    this.#mix(bytes.length);
  }
}
