/** A client without a radiant. The test provides the views and the answers that a radiant would give. */
import { Client } from '../../src/client/client.ts';
import type { Call, CallNumber, CallOutcome } from '../../src/client/contract.ts';
import type { OrderView, RadiantView } from '../../src/radiant/contract.ts';
import type { Configuration, Shard } from '../../src/wire/configuration/configuration.ts';
import type { ErrorCode } from '../../src/wire/errors.ts';
import type { Answer, Question, Request } from '../../src/wire/frames/frame.ts';
import type { BootId, ClusterId, DeviceId, OrderId, RadiantId } from '../../src/wire/identifiers.ts';
import { asLinkId, asReplicaId, asSlot, idFromBytes, SLOT_COUNT } from '../../src/wire/identifiers.ts';
import { TIMES } from '../../src/wire/times.ts';

const id = <Id extends RadiantId | BootId | OrderId | ClusterId | DeviceId>(number: number) =>
  idFromBytes<Id>(new Uint8Array(16).fill(number));
export const radiant = (number: number) => id<RadiantId>(number);
export const order = (number: number) => id<OrderId>(100 + number);

const FIRST_VOTERS = [1, 2, 3].map((at) => ({
  radiant: radiant(at),
  replica: asReplicaId(at),
  device: id<DeviceId>(at),
}));
export const WHOLE_RING: Shard = { first: asSlot(0), last: asSlot(SLOT_COUNT - 1), epoch: 1, source: undefined };

/** @param shards the shards of each order; the first order has number 1 */
export function configurationOf(number: number, shards: readonly (readonly Shard[])[]): Configuration {
  return {
    cluster: id(200),
    generation: 0,
    number,
    algorithm: 'raft',
    stateMachine: 'key-value',
    replicationFactor: 3,
    wantedOrders: undefined,
    bondsmith: { id: BONDSMITH, firstVoters: FIRST_VOTERS, firstShards: [] },
    orders: shards.map((held, at) => ({
      id: order(at + 1),
      firstVoters: FIRST_VOTERS,
      firstShards: [],
      members: { number: 1, voters: FIRST_VOTERS, learners: [] },
      shards: held,
      isDissolving: false,
    })),
  };
}

export const BONDSMITH = order(0);
const CONFIGURATION = configurationOf(1, [[WHOLE_RING]]);

interface Shown {
  readonly herald?: RadiantId | undefined;
  readonly reachable?: readonly number[];
  /** Numbers of the voters that have lost their data. Default: none. */
  readonly lost?: readonly number[];
  /** Whether the radiant has a link to another radiant. Default: false. */
  readonly isLinked?: boolean;
  /** The configuration that the radiant knows. Default: one order that serves all slots. */
  readonly configuration?: Configuration;
}

export class Bench {
  readonly client: Client;
  readonly outcomes = new Map<CallNumber, CallOutcome>();
  /** All requests so far, in order, each with the order to which it was sent. */
  readonly asked: (Request & { readonly order: OrderId })[] = [];
  nowMs = 0;
  #ids = 0;

  constructor() {
    const environment = {
      nowMs: () => this.nowMs,
      random: () => 0.5,
      times: TIMES,
      randomBytes: (length: number) => {
        this.#ids += 1;
        return new Uint8Array(length).fill(this.#ids);
      },
    };
    this.client = new Client({ environment });
  }

  call(call: Call, timeoutMs?: number): CallNumber {
    const number = this.client.call(call, timeoutMs);
    this.#collect();
    return number;
  }

  abort(call: CallNumber): void {
    this.client.abort(call);
    this.#collect();
  }

  close(): void {
    this.client.close();
    this.#collect();
  }

  down(code: ErrorCode): void {
    this.client.handle({ kind: 'radiant-down', error: { code, message: 'The radiant stopped.' } });
    this.#collect();
  }

  restart(): void {
    this.client.handle({ kind: 'radiant-restarted' });
    this.#collect();
  }

  show(shown: Shown): void {
    this.#show(formedView(shown));
  }

  showUnformed(present: number): void {
    this.#show(
      viewOf(
        { kind: 'collecting', present: Array.from({ length: present }, (_, at) => radiant(at + 1)), needed: 3 },
        [],
      ),
    );
  }

  /** Advances virtual time tick by tick. */
  pass(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + TIMES.raft.tickMs);
      this.client.handle({ kind: 'tick' });
      this.#collect();
    }
  }

  answer(request: Request | undefined, answer: Answer): void {
    if (request === undefined) throw new Error('nothing was asked');
    this.client.handle({ kind: 'reply', reply: { id: request.id, answer } });
    this.#collect();
  }

  last<Kind extends Question['kind']>(kind: Kind): Asked<Kind> | undefined {
    return this.all(kind).at(-1);
  }

  all<Kind extends Question['kind']>(kind: Kind): Asked<Kind>[] {
    return this.asked.flatMap((request) => {
      const { question } = request;
      return isOfKind(question, kind) ? [{ ...request, question }] : [];
    });
  }

  /** Answers the latest request for a session. The first write to an order causes such a request. */
  openSession(): void {
    this.answer(this.last('open-session'), { kind: 'session-opened' });
  }

  gist(call: CallNumber): string | undefined {
    const outcome = this.outcomes.get(call);
    return outcome?.kind === 'failed' ? outcome.error.code : outcome?.kind;
  }

  message(call: CallNumber): string | undefined {
    const outcome = this.outcomes.get(call);
    return outcome?.kind === 'failed' ? outcome.error.message : undefined;
  }

  #show(view: RadiantView): void {
    this.client.handle({ kind: 'view', view });
    this.#collect();
  }

  #collect(): void {
    for (const effect of this.client.takeEffects()) {
      if (effect.kind === 'settle') this.outcomes.set(effect.call, effect.outcome);
      else this.asked.push({ ...effect.request, order: effect.order });
    }
  }
}

type Asked<Kind extends Question['kind']> = Request & {
  readonly order: OrderId;
  readonly question: Extract<Question, { kind: Kind }>;
};

function isOfKind<Kind extends Question['kind']>(
  question: Question,
  kind: Kind,
): question is Extract<Question, { kind: Kind }> {
  return question.kind === kind;
}

/** The view of a radiant in a formed cluster with three voters. */
export function formedView(shown: Shown): RadiantView {
  const { configuration = CONFIGURATION, isLinked = false } = shown;
  const { orders, bondsmith } = configuration;
  const view = viewOf(
    { kind: 'formed', configuration },
    orders.map((order) => orderView(order.id, shown)),
  );
  const neighbour = { radiant: radiant(9), link: asLinkId(1), device: undefined, roundTripMs: 1, clientOnly: true };
  return {
    ...view,
    neighbours: isLinked ? [neighbour] : [],
    bondsmith: bondsmith && orderView(bondsmith.id, shown),
  };
}

function viewOf(formation: RadiantView['formation'], orders: readonly OrderView[]): RadiantView {
  const who = { radiant: radiant(1), boot: id<BootId>(1), device: id<DeviceId>(1), cluster: CONFIGURATION.cluster };
  return {
    ...who,
    lifecycle: 'associated',
    formation,
    orders,
    bondsmith: undefined,
    withoutRoom: undefined,
    leaving: undefined,
    neighbours: [],
    foreign: [],
    refusedFrames: {},
  };
}

function orderView(order: OrderId, { herald, reachable = [1, 2, 3], lost = [] }: Shown): OrderView {
  const members = [1, 2, 3].map((at) => ({
    radiant: radiant(at),
    replica: asReplicaId(at),
    device: id<DeviceId>(at),
    memberKind: 'voter' as const,
    role: undefined,
    reachable: reachable.includes(at),
    isDataLost: lost.includes(at),
  }));
  const reachableDevices = reachable.length;
  return {
    order,
    herald,
    members,
    replica: undefined,
    reachableDevices,
    quorumReachable: reachableDevices >= 2,
  };
}

const encoder = new TextEncoder();
export const put = (key: string, value = 'v'): Call => ({
  kind: 'write',
  operation: { kind: 'put', key: encoder.encode(key), value: encoder.encode(value) },
});
export const append = (key: string, value: string): Call => ({
  kind: 'write',
  operation: { kind: 'append', key: encoder.encode(key), value: encoder.encode(value) },
});
export const get = (key: string): Call => ({ kind: 'get', key: encoder.encode(key) });
export const WRITTEN: Answer = { kind: 'written', versionstamp: { generation: 0, revision: 1 }, existed: false };
export const refusal = (
  code: Extract<Answer, { kind: 'refusal' }>['code'],
  withoutEffect: boolean,
  message = 'refused',
): Answer => ({
  kind: 'refusal',
  code,
  message,
  herald: undefined,
  withoutEffect,
});

/** Returns a client with an open session. */
export function writing(): Bench {
  const bench = new Bench();
  bench.show({ herald: radiant(1) });
  bench.call(put('first'));
  bench.openSession();
  bench.answer(bench.last('command'), WRITTEN);
  return bench;
}
