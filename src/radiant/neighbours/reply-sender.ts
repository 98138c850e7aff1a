import type { Answer, Body, Reply } from '../../wire/frames/frame.ts';
import type { ClientId, OrderId } from '../../wire/identifiers.ts';
import type { Asked, Asker } from '../answers.ts';
import type { Effects } from '../effects.ts';
import type { Router } from './router.ts';

/** This radiant as a client of the bondsmith. */
export interface OwnClient {
  readonly client: ClientId;
  take(reply: Reply): void;
}

/** Sends an answer back to where its request came from. */
export class ReplySender {
  readonly #effects: Effects;
  readonly #router: Router;
  readonly #own: OwnClient;

  constructor(effects: Effects, router: Router, own: OwnClient) {
    this.#effects = effects;
    this.#router = router;
    this.#own = own;
  }

  /** @param order that answers */
  answer({ asker, id }: Asked, answer: Answer, order?: OrderId): void {
    if (asker.kind === 'remote') this.#sendBack(asker, { id, answer }, order);
    else if (asker.kind === 'own') this.#own.take({ id, answer });
    else this.#effects.push({ kind: 'reply', reply: { id, answer } });
  }

  /** A reply of another radiant arrived for this one, or for the client in this host. */
  receive(reply: Reply): void {
    if (reply.id.client === this.#own.client) this.#own.take(reply);
    else this.#effects.push({ kind: 'reply', reply });
  }

  #sendBack(asker: Extract<Asker, { kind: 'remote' }>, { id, answer }: Reply, group: OrderId | undefined): void {
    const { radiant: receiver, boot: receiverBoot, isForThisBoot } = asker;
    const body: Body = { kind: 'reply', reply: { id, answer: isForThisBoot ? answer : withoutCertainty(answer) } };
    this.#router.send({ receiver, receiverBoot, group, urgency: 'call', body });
  }
}

/** Another boot may have received a copy of the request, and acted upon it. */
function withoutCertainty(answer: Answer): Answer {
  return answer.kind === 'refusal' ? { ...answer, withoutEffect: false } : answer;
}
