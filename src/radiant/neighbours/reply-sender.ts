import type { Answer, Body, Reply } from '../../wire/frames/frame.ts';
import type { OrderId } from '../../wire/identifiers.ts';
import type { RequestOrigin, Requester } from '../replies.ts';
import type { BondsmithClient } from '../bondsmith-client.ts';
import type { EffectQueue } from '../event.ts';
import type { Router } from './router.ts';

/** Sends an answer back to the origin of its request. */
export class ReplySender {
  readonly #effects: EffectQueue;
  readonly #router: Router;
  readonly #bondsmithClient: BondsmithClient;

  constructor(effects: EffectQueue, router: Router, bondsmithClient: BondsmithClient) {
    this.#effects = effects;
    this.#router = router;
    this.#bondsmithClient = bondsmithClient;
  }

  answer({ requester, id }: RequestOrigin, answer: Answer, order?: OrderId): void {
    if (requester.kind === 'remote') this.#sendBack(requester, { id, answer }, order);
    else if (requester.kind === 'this-radiant') this.#bondsmithClient.take({ id, answer });
    else this.#effects.push({ kind: 'reply', reply: { id, answer } });
  }

  /** Takes a reply of another radiant, for this radiant or for the client in this host. */
  receive(reply: Reply): void {
    if (reply.id.client === this.#bondsmithClient.client) this.#bondsmithClient.take(reply);
    else this.#effects.push({ kind: 'reply', reply });
  }

  #sendBack(
    requester: Extract<Requester, { kind: 'remote' }>,
    { id, answer }: Reply,
    group: OrderId | undefined,
  ): void {
    const { radiant: receiver, boot: receiverBoot, isForThisBoot } = requester;
    const body: Body = { kind: 'reply', reply: { id, answer: isForThisBoot ? answer : withoutCertainty(answer) } };
    this.#router.send({ receiver, receiverBoot, group, urgency: 'call', body });
  }
}

/** Marks a refusal as possibly late. Another boot may have received and executed a copy of the request. */
function withoutCertainty(answer: Answer): Answer {
  return answer.kind === 'refusal' ? { ...answer, withoutEffect: false } : answer;
}
