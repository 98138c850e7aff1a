import { assert } from '../wire/assertion.ts';
import type { ClientId, SequenceNumber } from '../wire/identifiers.ts';
import type { StateRefusal, WrittenResult } from './contract.ts';
import { EMPTY_HASH, feedNumbers, feedText, type Hash } from './hash.ts';
import { SetDigest } from './set-digest.ts';

/** The result of a command. */
export type Outcome = WrittenResult | StateRefusal;

/** The outcomes of the unfinished commands of one slot. */
export class OutcomeTable {
  readonly #outcomes: Map<ClientId, Map<SequenceNumber, Outcome>>;
  readonly #digest: SetDigest;
  #size = 0;

  constructor(outcomes = new Map<ClientId, Map<SequenceNumber, Outcome>>(), digest = new SetDigest()) {
    this.#outcomes = outcomes;
    this.#digest = digest;
  }

  clone(): OutcomeTable {
    const outcomes = new Map(Array.from(this.#outcomes, ([client, ofClient]) => [client, new Map(ofClient)]));
    const copy = new OutcomeTable(outcomes, this.#digest.clone());
    copy.#size = this.#size;
    return copy;
  }

  get size(): number {
    return this.#size;
  }

  hash(): Hash {
    return this.#digest.hash;
  }

  get(client: ClientId, sequence: SequenceNumber): Outcome | undefined {
    return this.#outcomes.get(client)?.get(sequence);
  }

  /** Iterates in no particular order. */
  *[Symbol.iterator](): Iterator<readonly [ClientId, SequenceNumber, Outcome]> {
    for (const [client, ofClient] of this.#outcomes) {
      for (const [sequence, outcome] of ofClient) yield [client, sequence, outcome];
    }
  }

  add(client: ClientId, sequence: SequenceNumber, outcome: Outcome): void {
    const ofClient = this.#outcomes.get(client) ?? new Map<SequenceNumber, Outcome>();
    assert(!ofClient.has(sequence), 'a command takes effect once');
    ofClient.set(sequence, outcome);
    this.#outcomes.set(client, ofClient);
    this.#size++;
    this.#digest.add(hashOf(client, sequence, outcome));
  }

  remove(client: ClientId, sequence: SequenceNumber): void {
    const ofClient = this.#outcomes.get(client);
    const outcome = ofClient?.get(sequence);
    assert(ofClient !== undefined && outcome !== undefined, 'only a kept outcome is removed');
    ofClient.delete(sequence);
    if (ofClient.size === 0) this.#outcomes.delete(client);
    this.#size--;
    this.#digest.remove(hashOf(client, sequence, outcome));
  }
}

function hashOf(client: ClientId, sequence: SequenceNumber, outcome: Outcome): Hash {
  const hash = feedNumbers(feedText(EMPTY_HASH, client), sequence);
  if (outcome.kind === 'refused') return feedText(hash, `${outcome.code} ${outcome.message}`);
  const { generation, revision } = outcome.versionstamp;
  return feedNumbers(hash, generation, revision, outcome.existed ? 1 : 0);
}
