/**
 * The configuration that this radiant knows. One that it learns is made durable
 * before anything is done that rests on it (design, rule 1).
 */
import { orderById } from '../cluster/configuration.ts';
import type { RecordChange } from '../storage/contract.ts';
import { CONFIGURATION_KEY } from '../storage/keys.ts';
import { EMPTY_HASH, feedBytes, hashText } from '../store/hash.ts';
import { assert } from '../wire/assertion.ts';
import type { Configuration, CreationRecord, Order } from '../wire/configuration.ts';
import { encodeConfiguration } from '../wire/configuration-codec.ts';
import type { OrderId } from '../wire/identifiers.ts';
import { encodeConfigurationRecord } from '../wire/record-codec.ts';
import type { Writer } from './writer.ts';

export class ConfigurationHolder {
  readonly #writer: Writer;
  #current: Configuration | undefined;
  #digest: string;
  #underWay = false;

  constructor(writer: Writer, current: Configuration | undefined) {
    this.#writer = writer;
    this.#current = current;
    this.#digest = digestOf(current);
  }

  /** Durable on this radiant; undefined: it knows none. */
  get current(): Configuration | undefined {
    return this.#current;
  }

  /** 0: none. */
  get number(): number {
    return this.#current?.number ?? 0;
  }

  /** Equal where the whole content is; empty: it knows none. */
  get digest(): string {
    return this.#digest;
  }

  /** One is being made durable: no other is taken until then. */
  get isAdopting(): boolean {
    return this.#underWay;
  }

  order(id: OrderId): Order | undefined {
    return this.#current === undefined ? undefined : orderById(this.#current, id);
  }

  orders(): readonly Order[] {
    return this.#current?.orders ?? [];
  }

  /** The order that decides on configurations; undefined: none is known, or nobody does. */
  get bondsmith(): CreationRecord | undefined {
    return this.#current?.bondsmith;
  }

  /** Everything with a log of its own: the bondsmith's order first, where there is one. */
  groups(): readonly CreationRecord[] {
    return this.bondsmith === undefined ? this.orders() : [this.bondsmith, ...this.orders()];
  }

  group(id: OrderId): CreationRecord | undefined {
    return this.bondsmith?.id === id ? this.bondsmith : this.order(id);
  }

  /** Writes it, with what must not be durable without it, and takes it up then. */
  adopt(configuration: Configuration, changes: readonly RecordChange[], onAdopted: () => void): void {
    assert(!this.#underWay && configuration.number > this.number, 'configurations follow one another');
    this.#underWay = true;
    const record: RecordChange = {
      kind: 'put',
      key: CONFIGURATION_KEY,
      value: encodeConfigurationRecord(configuration),
    };
    this.#writer.add([record, ...changes], () => {
      this.#underWay = false;
      this.#current = configuration;
      this.#digest = digestOf(configuration);
      onAdopted();
    });
  }
}

function digestOf(configuration: Configuration | undefined): string {
  return configuration === undefined ? '' : hashText(feedBytes(EMPTY_HASH, encodeConfiguration(configuration)));
}
