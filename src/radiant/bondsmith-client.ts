/**
 * Sends this radiant's own requests to the bondsmith, such as a join or the arrival of a shard. A request is repeated
 * while a caller wants it. The client id is the boot id, which is unique.
 */
import type { CreationRecord } from '../wire/configuration/configuration.ts';
import type { Administration, Answer, Reply, Request } from '../wire/frames/frame.ts';
import type { ClientId, OrderId } from '../wire/identifiers.ts';
import { asRequestNumber, parseId } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { Clock } from './clock.ts';
import type { Identity } from './identity.ts';

interface BondsmithClientOptions {
  readonly identity: Identity;
  readonly clock: Clock;
  /** The creation record of the bondsmith's order. Undefined if no configuration is known. */
  readonly bondsmith: () => CreationRecord | undefined;
  /** Sends a request. The reply goes to `take`, perhaps before this call returns. */
  readonly ask: (order: OrderId, request: Request) => void;
  /** Called with a configuration from the bondsmith, which is not checked yet. */
  readonly onConfiguration: (answer: Extract<Answer, { kind: 'configuration' }>) => void;
}

export type BondsmithRefusal = Extract<Answer, { kind: 'refusal' }>;

interface Wanted {
  /** Numbers of the latest sendings. An answer to one of them removes its number and all earlier ones. */
  numbers: readonly number[];
  askedMs: number;
  /** Time of the last call that wanted the request. */
  wantedMs: number;
  refusal: BondsmithRefusal | undefined;
  /** Number of sendings that no refusal without effect has answered. Each of them may have taken effect. */
  unsettled: number;
}

export class BondsmithClient {
  readonly client: ClientId;
  readonly #options: BondsmithClientOptions;
  readonly #wanted = new Map<string, Wanted>();
  #number = 0;

  constructor(options: BondsmithClientOptions) {
    this.#options = options;
    this.client = parseId<ClientId>(options.identity.boot);
  }

  /**
   * Sends the request, and repeats it if no answer came. Call this in every tick until the configuration shows the
   * result, because an answer alone is not proof.
   * @param name identifies the request; calls for the same request use the same name
   */
  reconcile(name: string, administration: Administration): void {
    const bondsmith = this.#options.bondsmith();
    if (bondsmith === undefined) return;
    const { nowMs, times } = this.#options.clock;
    const known = this.#wanted.get(name);
    if (known !== undefined) known.wantedMs = nowMs;
    if (known !== undefined && nowMs - known.askedMs < times.client.requestRetryMs) return;
    if (known === undefined && this.#wanted.size >= LIMITS.client.clientRequests) return;
    this.#number += 1;
    const number = this.#number;
    const numbers = [...(known?.numbers ?? []), number].slice(-LIMITS.herald.waitingRetries);
    const unsettled = (known?.unsettled ?? 0) + 1;
    this.#wanted.set(name, { numbers, askedMs: nowMs, wantedMs: nowMs, refusal: known?.refusal, unsettled });
    const id = { client: this.client, clientBoot: this.#options.identity.boot, number: asRequestNumber(number) };
    this.#options.ask(bondsmith.id, { id, question: { kind: 'administer', administration } });
  }

  /** The bondsmith's last answer if that was a refusal. Its `withoutEffect` covers all sendings. */
  refusal(name: string): BondsmithRefusal | undefined {
    const wanted = this.#wanted.get(name);
    return wanted?.refusal && { ...wanted.refusal, withoutEffect: wanted.unsettled === 0 };
  }

  take({ id, answer }: Reply): void {
    if (answer.kind === 'configuration') this.#options.onConfiguration(answer);
    for (const wanted of this.#wanted.values()) {
      if (!wanted.numbers.includes(id.number)) continue;
      wanted.numbers = wanted.numbers.filter((number) => number > id.number);
      wanted.refusal = answer.kind === 'refusal' ? answer : undefined;
      if (answer.kind === 'refusal' && answer.withoutEffect) wanted.unsettled -= 1;
    }
  }

  /** Forgets requests that no caller has wanted within `requestDeadlineMs`. */
  tick(): void {
    const { nowMs, times } = this.#options.clock;
    for (const [name, { wantedMs }] of this.#wanted) {
      if (nowMs - wantedMs >= times.client.requestDeadlineMs) this.#wanted.delete(name);
    }
  }
}
