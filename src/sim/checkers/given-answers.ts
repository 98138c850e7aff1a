/**
 * Finds the answers that radiants give about slots. Each answer is reported once, when it leaves the radiant that gave
 * it.
 */
import type { Question, Reply, Request, RequestId } from '../../wire/frames/frame.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { ObservedRadiant, Observer } from '../world/observer.ts';
import { saidIn } from './said-frame.ts';

export type SlotQuestion = Extract<Question, { kind: 'command' | 'read' }>;

export interface GivenAnswer {
  readonly order: OrderId;
  readonly question: SlotQuestion;
  readonly reply: Reply;
}

export interface AnswerListener {
  /** Called during an event. The checker learns only after the event which entries the event applied. */
  given(radiant: ObservedRadiant, answer: GivenAnswer): void;
}

interface Asked {
  readonly order: OrderId;
  readonly question: SlotQuestion;
}

export class GivenAnswers implements Observer {
  readonly #listeners: readonly AnswerListener[];
  readonly #questions = new Map<string, Asked>();
  /**
   * Names of the questions that a frame answered. The radiant that asked passes the same answer on, which is not a
   * second answer.
   */
  readonly #answered = new Set<string>();

  constructor(listeners: readonly AnswerListener[]) {
    this.#listeners = listeners;
  }

  asked(_radiant: ObservedRadiant, order: OrderId, { id, question }: Request): void {
    if (question.kind === 'command' || question.kind === 'read') this.#questions.set(nameOf(id), { order, question });
  }

  sent(radiant: ObservedRadiant, bytes: Uint8Array): void {
    const frame = saidIn(bytes);
    const { sender, group } = frame.header;
    if (sender !== radiant.radiant || group === undefined || frame.body.kind !== 'reply') return;
    const { reply } = frame.body;
    this.#answered.add(nameOf(reply.id));
    this.#give(radiant, group, reply);
  }

  replied(radiant: ObservedRadiant, reply: Reply): void {
    const asked = this.#questions.get(nameOf(reply.id));
    // No frame brought the answer, so this radiant computed it.
    if (asked !== undefined && !this.#answered.has(nameOf(reply.id))) this.#give(radiant, asked.order, reply);
  }

  #give(radiant: ObservedRadiant, order: OrderId, reply: Reply): void {
    const question = this.#questions.get(nameOf(reply.id))?.question;
    if (question === undefined) return;
    for (const listener of this.#listeners) listener.given(radiant, { order, question, reply });
  }
}

function nameOf({ client, clientBoot, number }: RequestId): string {
  return `${client}/${clientBoot}/${number}`;
}
