/**
 * An order behind a link of limited bandwidth. The link transfers one request after another, repeated requests
 * included.
 */
import type { Answer, Question, Request } from '../../src/wire/frames/frame.ts';
import { TIMES } from '../../src/wire/times.ts';
import type { Bench } from './bench.ts';
import { WRITTEN } from './bench.ts';

export class SlowOrder {
  readonly #bench: Bench;
  readonly #bytesPerMs: number;
  /** The value in the answer to every read. */
  readonly #value: Uint8Array;
  #taken = 0;
  #freeMs = 0;
  readonly #answers: { readonly atMs: number; readonly request: Request }[] = [];

  constructor(bench: Bench, bytesEachSecond: number, value = new Uint8Array(10)) {
    this.#bench = bench;
    this.#bytesPerMs = bytesEachSecond / 1_000;
    this.#value = value;
  }

  /** Number of requests that were sent and not answered yet. */
  get underWay(): number {
    this.#take();
    return this.#answers.length;
  }

  /** Advances virtual time and answers each request at the time at which the link has transferred it. */
  run(durationMs: number, meanwhile: () => void = () => undefined): void {
    const endMs = this.#bench.nowMs + durationMs;
    while (this.#bench.nowMs < endMs) {
      this.#take();
      meanwhile();
      this.#bench.pass(TIMES.raft.tickMs / 5);
      this.#answer();
    }
  }

  #take(): void {
    for (const request of this.#bench.asked.slice(this.#taken)) {
      this.#taken += 1;
      this.#freeMs = Math.max(this.#freeMs, this.#bench.nowMs) + this.#bytesOf(request.question) / this.#bytesPerMs;
      this.#answers.push({ atMs: this.#freeMs, request });
    }
  }

  #answer(): void {
    while ((this.#answers[0]?.atMs ?? Number.POSITIVE_INFINITY) <= this.#bench.nowMs) {
      const request = this.#answers.shift()?.request;
      if (request !== undefined) this.#bench.answer(request, this.#answerTo(request.question));
      this.#take();
    }
  }

  #answerTo(question: Question): Answer {
    if (question.kind === 'open-session') return { kind: 'session-opened' };
    if (question.kind !== 'read') return WRITTEN;
    return { kind: 'value', value: this.#value, versionstamp: { generation: 0, revision: 1 } };
  }

  #bytesOf(question: Question): number {
    if (question.kind === 'read') return 100 + this.#value.length;
    const operation = question.kind === 'command' ? question.command.operation : undefined;
    return 100 + (operation !== undefined && 'value' in operation ? operation.value.length : 0);
  }
}
