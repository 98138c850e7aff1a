import type { Answer, Body, Reply } from '../../wire/frames/frame.ts';
import type { ClientId, OrderId } from '../../wire/identifiers.ts';
import type { RequestOrigin, Requester } from '../replies.ts';
import type { EffectQueue } from '../event.ts';
import type { Router } from './router.ts';

/** A part of this radiant that sends requests. Its client id is unique. */
interface OwnClient {
  readonly client: ClientId;
  take(reply: Reply): void;
}

/** Sends an answer back to the origin of its request. */
export class ReplySender {
  readonly #effects: EffectQueue;
  readonly #router: Router;
  readonly #ownClients: readonly OwnClient[];

  constructor(effects: EffectQueue, router: Router, ownClients: readonly OwnClient[]) {
    this.#effects = effects;
    this.#router = router;
    this.#ownClients = ownClients;
  }

  answer({ requester, id }: RequestOrigin, answer: Answer, order?: OrderId): void {
    if (requester.kind === 'remote') this.#sendBack(requester, { id, answer }, order);
    else this.receive({ id, answer });
  }

  /** Takes a reply of another radiant, for this radiant or for the client in this host. */
  receive(reply: Reply): void {
    const own = this.#ownClients.find(({ client }) => client === reply.id.client);
    if (own !== undefined) own.take(reply);
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
