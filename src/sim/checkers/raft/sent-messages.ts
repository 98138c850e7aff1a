/** Checks the Raft messages that radiants send: what a vote, an acknowledgement or a candidate promises is durable. */
import type { OrderId } from '../../../wire/identifiers.ts';
import type { RaftMessage, RaftMessageType } from '../../../wire/raft/message.ts';
import { decodeRaftMessage, typeOfRaftMessage } from '../../../wire/raft/raft-codec.ts';
import type { CoverageListener } from '../../coverage.ts';
import { check } from '../../violation.ts';
import type { ObservedRadiant } from '../../world/observer.ts';
import { saidIn } from '../said-frame.ts';
import type { LostMemory } from './lost-memory.ts';
import type { OrderHistory } from './order-history.ts';
import type { Part, Parts } from './part.ts';
import { checkCandidate } from './replica-checks.ts';

interface Judged {
  readonly parts: Parts;
  readonly histories: ReadonlyMap<OrderId, OrderHistory>;
  readonly lostMemory: LostMemory;
  readonly covered: CoverageListener;
  /** Checks the current state of the radiant's replicas. */
  readonly look: (radiant: ObservedRadiant) => void;
}

export class SentMessages {
  readonly #judged: Judged;

  constructor(judged: Judged) {
    this.#judged = judged;
  }

  sent(radiant: ObservedRadiant, bytes: Uint8Array): void {
    const frame = saidIn(bytes);
    const { group, sender } = frame.header;
    if (group === undefined || sender !== radiant.radiant) return;
    const said = frame.body;
    if (said.kind === 'consensus') this.#says(radiant, group, said.message);
    else if (said.kind === 'snapshot-chunk' && said.isLast) this.#judged.covered('snapshot-sent');
    else if (said.kind === 'snapshot-request')
      this.#fetches(this.#judged.parts.in(radiant.boot, group), said.index, said.chunk);
  }

  #says(radiant: ObservedRadiant, group: OrderId, bytes: Uint8Array): void {
    const type = typeOfRaftMessage(bytes);
    if (type !== undefined && PROMISES_NOTHING.has(type)) return;
    const message = decodeRaftMessage(bytes);
    switch (message.type) {
      case 'vote-response':
        if (!message.reject) this.#promisesVote(radiant, group, message);
        return;
      case 'append-response':
        if (!message.reject) this.#acknowledges(radiant, group, message);
        return;
      case 'vote':
        this.#mayPromise(radiant, group);
        this.#stands(radiant, group);
        return;
      case 'pre-vote':
        this.#stands(radiant, group);
        return;
      case 'pre-vote-response':
        if (message.reject) this.#judged.covered('pre-vote-refused');
        return;
      case 'snapshot':
        this.#judged.covered('snapshot-offered');
        return;
      case 'timeout-now':
        this.#judged.covered('leadership-transferred');
        return;
      default:
    }
  }

  /** Counts a fetch that a boot resumes. A boot that starts with a later chunk resumes the fetch of an earlier boot. */
  #fetches(part: Part, index: number, chunk: number): void {
    if (part.fetching !== index && chunk > 0) this.#judged.covered('snapshot-resumed');
    part.fetching = index;
  }

  /** Checks that a candidate is a voter in the latest membership of its log or in the membership before. */
  #stands(radiant: ObservedRadiant, order: OrderId): void {
    this.#judged.look(radiant);
    const part = this.#judged.parts.in(radiant.boot, order);
    const view = radiant.replicas().find((own) => own.order === order)?.replica;
    const membership = this.#judged.histories.get(order)?.memberships.at(part.applied);
    // A former candidate may still send vote requests. Their answers are not counted.
    if (view?.role !== 'candidate' || membership === undefined) return;
    checkCandidate(part, view.replica, membership);
  }

  #promisesVote(radiant: ObservedRadiant, order: OrderId, { from, to, term }: RaftMessage): void {
    this.#mayPromise(radiant, order);
    const state = this.#judged.parts.in(radiant.boot, order).flushed.hardState;
    check(
      state !== undefined && (state.term > term || (state.term === term && state.vote === to)),
      'a vote is durable before it is given',
      () => `replica ${from} gives ${to} its vote in term ${term}; on its disk is ${JSON.stringify(state)}`,
    );
    this.#judged.histories.get(order)?.elections.votes(from, term, to);
  }

  #acknowledges(radiant: ObservedRadiant, order: OrderId, { from, to, index, term }: RaftMessage): void {
    this.#mayPromise(radiant, order);
    const { flushed } = this.#judged.parts.in(radiant.boot, order);
    check(
      index <= flushed.lastIndex,
      'an entry is durable before it is acknowledged',
      () => `replica ${from} acknowledges entry ${index}; on its disk are ${flushed.lastIndex}`,
    );
    // An acknowledgement in a term that the replica has already left is not counted.
    if (flushed.hardState?.term !== term) return;
    const own = flushed.termAt(index);
    const leaders = this.#judged.parts.leaderOf(order, to, term)?.issued.termAt(index);
    check(
      own === undefined || leaders === undefined || own === leaders,
      "an acknowledged entry is the leader's entry",
      () => `replica ${from} acknowledges entry ${index} of term ${own}; its leader ${to} has one of term ${leaders}`,
    );
  }

  #mayPromise({ name, radiant }: ObservedRadiant, order: OrderId): void {
    const how = this.#judged.lostMemory.lossIn(order, radiant);
    check(
      how === undefined,
      'a radiant that lost its memory never votes or acknowledges',
      () => `${name} in order ${order}: ${how}`,
    );
  }
}

/** Message types that promise no vote and no durable entry. Most messages are of these types. */
const PROMISES_NOTHING: ReadonlySet<RaftMessageType> = new Set([
  'append',
  'heartbeat',
  'heartbeat-response',
  'read-index',
  'read-index-response',
]);
