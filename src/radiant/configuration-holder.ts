/** The configuration that this radiant knows. A new one is durable before anything depends on it (design, rule 1). */
import { orderById } from '../cluster/configuration.ts';
import { type ServedShard, ServedShards } from '../cluster/served-shards.ts';
import type { RecordChange } from '../storage/contract.ts';
import { CONFIGURATION_KEY } from '../storage/keys.ts';
import { EMPTY_HASH, feedBytes, hashText } from '../store/hash.ts';
import { assert } from '../wire/assertion.ts';
import type { Configuration, CreationRecord, Order } from '../wire/configuration/configuration.ts';
import { encodeConfiguration } from '../wire/configuration/configuration-codec.ts';
import type { OrderId, Slot } from '../wire/identifiers.ts';
import { encodeConfigurationRecord } from '../wire/records/record-codec.ts';
import type { Writer } from './writer.ts';

interface Known {
  readonly current: Configuration | undefined;
  readonly digest: string;
  readonly groups: readonly CreationRecord[];
  readonly groupsById: ReadonlyMap<OrderId, CreationRecord>;
  readonly servedShards: ServedShards | undefined;
}

export class ConfigurationHolder {
  readonly #writer: Writer;
  #known: Known;
  #underWay = false;

  constructor(writer: Writer, current: Configuration | undefined) {
    this.#writer = writer;
    this.#known = knownFrom(current);
  }

  /** The durable configuration. Undefined if none is known. */
  get current(): Configuration | undefined {
    return this.#known.current;
  }

  get number(): number {
    return this.#known.current?.number ?? 0;
  }

  /** Digest of the configuration. Equal configurations have equal digests. Empty if none is known. */
  get digest(): string {
    return this.#known.digest;
  }

  /** Whether a configuration is being written. No other one is adopted meanwhile. */
  get isAdopting(): boolean {
    return this.#underWay;
  }

  order(id: OrderId): Order | undefined {
    const { current } = this.#known;
    return current === undefined ? undefined : orderById(current, id);
  }

  orders(): readonly Order[] {
    return this.#known.current?.orders ?? [];
  }

  /** The creation record of the bondsmith's order. Undefined if no configuration is known. */
  get bondsmith(): CreationRecord | undefined {
    return this.#known.current?.bondsmith;
  }

  /** Every order with a log of its own, the bondsmith's order first. */
  groups(): readonly CreationRecord[] {
    return this.#known.groups;
  }

  group(id: OrderId): CreationRecord | undefined {
    return this.#known.groupsById.get(id);
  }

  /** The shard with this slot, and the order that serves it. Undefined if no configuration is known. */
  shardAt(slot: Slot): ServedShard | undefined {
    return this.#known.servedShards?.at(slot);
  }

  /** Writes the configuration and `changes` in one batch, then adopts the configuration. */
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
      this.#known = knownFrom(configuration);
      onAdopted();
    });
  }
}

/** Computes the values that every event reads, once per configuration. */
function knownFrom(current: Configuration | undefined): Known {
  const { orders = [], bondsmith } = current ?? {};
  const groups = bondsmith === undefined ? [] : [bondsmith, ...orders];
  const servedShards = current && new ServedShards(current);
  const groupsById = new Map(groups.map((group) => [group.id, group]));
  return { current, digest: digestOf(current), groups, groupsById, servedShards };
}

function digestOf(configuration: Configuration | undefined): string {
  return configuration === undefined ? '' : hashText(feedBytes(EMPTY_HASH, encodeConfiguration(configuration)));
}
