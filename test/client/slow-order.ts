/** An order behind a way that carries so many bytes each second, one request after the other, copies included. */
import type { Answer, Question, Request } from '../../src/wire/frames/frame.ts';
import { INTERVALS } from '../../src/wire/limits.ts';
import type { Bench } from './bench.ts';
import { WRITTEN } from './bench.ts';

export class SlowOrder {
  readonly #bench: Bench;
  readonly #bytesPerMs: number;
  /** What a read is answered by. */
  readonly #value: Uint8Array;
  #taken = 0;
  #freeMs = 0;
  readonly #answers: { readonly atMs: number; readonly request: Request }[] = [];

  constructor(bench: Bench, bytesEachSecond: number, value = new Uint8Array(10)) {
    this.#bench = bench;
    this.#bytesPerMs = bytesEachSecond / 1_000;
    this.#value = value;
  }

  /** Requests that are on their way, or whose answers are. */
  get underWay(): number {
    this.#take();
    return this.#answers.length;
  }

  /** Lets time pass, and answers whatever has arrived by then. */
  run(durationMs: number, meanwhile: () => void = () => undefined): void {
    const endMs = this.#bench.nowMs + durationMs;
    while (this.#bench.nowMs < endMs) {
      this.#take();
      meanwhile();
      this.#bench.pass(INTERVALS.tickMs / 5);
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
