/**
 * Checks the history of configurations (design, rules 8 and 9). The history comes from the decided entries of the
 * bondsmith's order, independently of the product. Numbers have no gaps, and each configuration is its predecessor with
 * its decision applied. Decisions of a former bondsmith have no effect. Every configuration that a radiant uses is a
 * version of this history.
 */
import type { RecordChange, WriteBatch } from '../../../storage/contract.ts';
import { CONFIGURATION_KEY } from '../../../storage/keys.ts';
import type { ConfigureEntry, Entry } from '../../../wire/entries/command.ts';
import type {
  Configuration,
  ConfigurationHeader,
  Order,
  Participant,
} from '../../../wire/configuration/configuration.ts';
import { decodeConfiguration } from '../../../wire/configuration/configuration-codec.ts';
import type { Reply } from '../../../wire/frames/frame.ts';
import type { OrderId, RadiantId } from '../../../wire/identifiers.ts';
import type { CoverageListener } from '../../coverage.ts';
import type { ObservedRadiant, Observer } from '../../world/observer.ts';
import { check } from '../../violation.ts';
import { coveredByVersion } from './configuration-coverage.ts';
import { checkConfigurationAdoption } from './configuration-succession.ts';
import type { EntryListener } from '../log-listener.ts';
import { describeShard } from './shard-ledger.ts';
import { saidIn } from '../said-frame.ts';

/** A version of the configuration. Versions with equal content have equal text in `content`. */
interface Version {
  readonly orders: readonly Order[];
  readonly content: string;
}

export class ConfigurationHistory implements Observer, EntryListener {
  readonly #covered: CoverageListener;
  /**
   * At position number - 1: the version. The founding makes version 1, so radiants may know it before the order decides
   * it.
   */
  readonly #versions: Version[] = [];
  #header: ConfigurationHeader | undefined;
  #bondsmith: OrderId | undefined;
  /** Number of versions that the bondsmith's order has decided. */
  #decided = 0;
  #term = 0;
  /**
   * Configurations that the current event answered with. They are checked after the event, because the same event may
   * decide them.
   */
  readonly #told: Configuration[] = [];
  /** By radiant: the number of the configuration that it flushed last. */
  readonly #flushed = new Map<RadiantId, number>();

  constructor(covered: CoverageListener = () => undefined) {
    this.#covered = covered;
  }

  /** Number of the latest version. 0: no founding is known. */
  get number(): number {
    return this.#versions.length;
  }

  get bondsmith(): OrderId | undefined {
    return this.#bondsmith;
  }

  get orders(): readonly Order[] {
    return this.#versions.at(-1)?.orders ?? [];
  }

  decided(order: OrderId, _index: number, entry: Entry): void {
    if (entry.kind !== 'configure') return;
    check(
      this.#bondsmith === undefined || this.#bondsmith === order,
      'one order decides on configurations',
      () => `${order} decides, and so does ${this.#bondsmith}`,
    );
    this.#bondsmith = order;
    if (entry.base !== this.#decided || entry.term < this.#term) {
      this.#covered('stale-decision');
      return;
    }
    this.#decide(entry);
  }

  writeBegan(radiant: ObservedRadiant, batch: WriteBatch): void {
    const configuration = configurationIn(batch);
    // An unflushed founding does not count, because a founder that crashes founds again.
    const isFounding = this.#header === undefined;
    if (configuration !== undefined && !isFounding) this.#isKnown(radiant.name, configuration);
  }

  writeFlushed(radiant: ObservedRadiant, batch: WriteBatch): void {
    const configuration = configurationIn(batch);
    if (configuration === undefined) return;
    this.#isKnown(radiant.name, configuration);
    const before = this.#flushed.get(radiant.radiant) ?? 0;
    this.#flushed.set(radiant.radiant, configuration.number);
    check(
      configuration.number >= before,
      'a configuration never goes back',
      () => `${radiant.name} knew configuration ${before}, and goes back to ${configuration.number}`,
    );
  }

  sent(radiant: ObservedRadiant, bytes: Uint8Array): void {
    const frame = saidIn(bytes);
    if (frame.header.sender !== radiant.radiant || frame.header.group !== undefined || frame.isPresence) return;
    const { body } = frame;
    if (body.kind === 'configuration') this.#isKnown(radiant.name, body.configuration);
  }

  replied(_radiant: ObservedRadiant, { answer }: Reply): void {
    if (answer.kind === 'configuration') this.#told.push(answer.configuration);
  }

  handled(radiant: ObservedRadiant): void {
    for (const configuration of this.#told.splice(0)) this.#isKnown(radiant.name, configuration);
  }

  #decide({ base, term, change }: ConfigureEntry): void {
    const number = base + 1;
    const before = this.#versions[base - 1];
    const orders = new Map(before?.orders.map((order) => [order.id, order]));
    for (const order of change.orders) orders.set(order.id, order);
    for (const id of change.removed) orders.delete(id);
    const version = versionOf([...orders.values()]);
    const known = this.#versions[number - 1];
    check(
      known === undefined || known.content === version.content,
      'a configuration equals its decision',
      () =>
        `configuration ${number} was known before it was decided, and is another one:\n${known?.content}\ndecided is\n${version.content}`,
    );
    this.#versions[number - 1] = version;
    this.#decided = number;
    const isChangeOfBondsmith = this.#term > 0 && term > this.#term;
    this.#term = term;
    checkConfigurationAdoption(number, before?.orders, version.orders);
    for (const kind of coveredByVersion(before?.orders, version.orders, isChangeOfBondsmith)) this.#covered(kind);
  }

  /** Checks that a configuration that a radiant uses or sends is a version of the history. */
  #isKnown(name: string, configuration: Configuration): void {
    const { number, orders, ...header } = configuration;
    if (this.#header === undefined) {
      this.#header = header;
      this.#bondsmith = header.bondsmith.id;
    }
    check(
      describeHeader(this.#header) === describeHeader(header),
      'a cluster is founded once',
      () => `${name} knows another founding: ${describeHeader(header)}`,
    );
    const version = versionOf(orders);
    if (number === 1 && this.#versions.length === 0) this.#versions.push(version);
    const known = this.#versions[number - 1];
    check(
      known !== undefined,
      'a configuration is decided before a radiant uses it',
      () => `${name} knows configuration ${number}, and ${this.#versions.length} are decided`,
    );
    check(
      known.content === version.content,
      'there is one history of configurations',
      () => `${name} has another configuration ${number}:\n${version.content}\ndecided is\n${known.content}`,
    );
  }
}

const read = new WeakMap<Uint8Array, Configuration>();

/** The configuration that the radiant uses after this batch. Undefined: the batch does not change it. */
export function configurationIn(batch: WriteBatch): Configuration | undefined {
  const change = batch.find(({ key }: RecordChange) => key === CONFIGURATION_KEY);
  if (change?.kind !== 'put') return undefined;
  const configuration = read.get(change.value) ?? decodeConfiguration(change.value);
  read.set(change.value, configuration);
  return configuration;
}

function versionOf(orders: readonly Order[]): Version {
  const sorted = orders.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  return { orders, content: sorted.map(describeOrder).join('\n') };
}

function describeOrder({ id, firstVoters, firstShards, members, shards, isDissolving }: Order): string {
  const { voters, learners, number } = members;
  const who = (some: readonly Participant[]): string =>
    some.map(({ radiant, device }) => `${radiant} on ${device}`).join(', ');
  const born = firstVoters.map(({ radiant, replica }) => `${replica} ${radiant}`).join(', ');
  const what = shards.map((shard) => `${describeShard(shard)} from ${shard.source}`).join(', ');
  return (
    `${id} born of ${born} with ${firstShards.map(describeShard).join(', ')}; ` +
    `${number}: ${who(voters)}; ${who(learners)}; ${what}${isDissolving ? '; dissolving' : ''}`
  );
}

function describeHeader(header: ConfigurationHeader): string {
  const { cluster, generation, algorithm, stateMachine, replicationFactor, wantedOrders, bondsmith } = header;
  const born = bondsmith.firstVoters.map(({ radiant, replica }) => `${replica} ${radiant}`).join(', ');
  return [cluster, generation, algorithm, stateMachine, replicationFactor, wantedOrders, bondsmith.id, born].join(' ');
}
