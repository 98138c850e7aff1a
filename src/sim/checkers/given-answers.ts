/** What radiants answer to questions about a slot, told once: when the answer leaves whoever it is from. */
import type { Question, Reply, Request, RequestId } from '../../wire/frames/frame.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { ObservedRadiant, Observer } from '../world/observer.ts';
import { saidIn } from './said-frame.ts';

export type SlotQuestion = Extract<Question, { kind: 'command' | 'read' }>;

/** An answer that a radiant has given for an order. */
export interface GivenAnswer {
  readonly order: OrderId;
  readonly question: SlotQuestion;
  readonly reply: Reply;
}

export interface AnswerListener {
  /** In the middle of an event: what was applied in it is known when it has been handled. */
  given(radiant: ObservedRadiant, answer: GivenAnswer): void;
}

interface Asked {
  readonly order: OrderId;
  readonly question: SlotQuestion;
}

export class GivenAnswers implements Observer {
  readonly #listeners: readonly AnswerListener[];
  readonly #questions = new Map<string, Asked>();
  /** Questions that were answered by a frame: what their askers are told later is that same answer. */
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
    // What no frame brought this radiant has answered itself.
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
