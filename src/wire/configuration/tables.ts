/** The tables of an encoded configuration, which hold each id once. */
import type { Participant } from './configuration.ts';
import { malformed } from '../decoding.ts';
import type { Configuration as ConfigurationMessage } from '../generated/shardbearer.ts';
import {
  type DeviceId,
  ID_BYTES,
  idAt,
  idToBytes,
  type OrderId,
  type RadiantId,
  type RandomId,
} from '../identifiers.ts';
import { LIMITS } from '../limits.ts';

type Tables = Pick<ConfigurationMessage, 'radiants' | 'devices' | 'homes' | 'orders'>;

/** Fills the tables. Equal configurations produce equal tables. */
export class TablesWriter {
  readonly #participants: Participant[] = [];
  readonly #places = new Map<string, number>();
  readonly #orders = new Map<OrderId, number>();

  /** @param orders the orders that get the first positions in the table of orders */
  constructor(orders: readonly OrderId[]) {
    for (const order of orders) this.#orders.set(order, this.#orders.size);
  }

  /**
   * Returns the position of each participant in the table, relative to the position behind the previous participant.
   * Consecutive participants therefore give 0.
   */
  places(participants: readonly Participant[]): number[] {
    let next = 0;
    return participants.map((participant) => {
      const place = this.#place(participant);
      const distance = place - next;
      next = place + 1;
      return distance;
    });
  }

  orderPlace(order: OrderId): number {
    const known = this.#orders.get(order);
    if (known !== undefined) return known;
    this.#orders.set(order, this.#orders.size);
    return this.#orders.size - 1;
  }

  toMessage(): Tables {
    const devices = new Map<DeviceId, number>();
    const homes = this.#participants.map(({ device }) => {
      const known = devices.get(device);
      if (known === undefined) devices.set(device, devices.size);
      return known === undefined ? 0 : known + 1;
    });
    const radiants = idsToBytes(this.#participants.map(({ radiant }) => radiant));
    return { radiants, devices: idsToBytes([...devices.keys()]), homes, orders: idsToBytes([...this.#orders.keys()]) };
  }

  /**
   * Returns the position of a participant in the table. A radiant that occurs with two devices has two positions, so
   * that decoding returns the same configuration.
   */
  #place(participant: Participant): number {
    const key = participant.radiant + participant.device;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.#participants.length);
    return this.#participants.push({ radiant: participant.radiant, device: participant.device }) - 1;
  }
}

/** Reads the tables. All errors are `FRAME_MALFORMED`. */
export class ConfigurationTables {
  readonly #participants: readonly Participant[];
  readonly #orders: readonly OrderId[];

  constructor({ radiants, devices, homes, orders }: Tables) {
    const ids = idsFromBytes<RadiantId>(radiants);
    if (ids.length !== homes.length) throw malformed('radiants without devices');
    const known = idsFromBytes<DeviceId>(devices);
    let next = 0;
    this.#participants = ids.map((radiant, at) => {
      const home = homes[at] ?? 0;
      const device = known[home === 0 ? next++ : home - 1];
      if (device === undefined || home > next) throw malformed('a radiant of an unknown device');
      return { radiant, device };
    });
    if (next !== known.length) throw malformed('a device without radiants');
    this.#orders = idsFromBytes<OrderId>(orders);
  }

  participants(distances: readonly number[], what: string): readonly Participant[] {
    if (distances.length > LIMITS.configuration.orderMembers)
      throw malformed(`${distances.length} ${what} of an order`);
    let next = 0;
    const found = distances.map((distance) => {
      const place = next + distance;
      const participant = this.#participants[place];
      if (participant === undefined) throw malformed(`${what} that no table lists`);
      next = place + 1;
      return participant;
    });
    if (new Set(found.map(({ radiant }) => radiant)).size !== found.length) throw malformed(`two ${what} are the same`);
    return found;
  }

  order(place: number): OrderId {
    const order = this.#orders[place];
    if (order === undefined) throw malformed('an order that no table lists');
    return order;
  }
}

function idsToBytes(ids: readonly RandomId[]): Uint8Array {
  const bytes = new Uint8Array(ids.length * ID_BYTES);
  for (const [at, id] of ids.entries()) bytes.set(idToBytes(id), at * ID_BYTES);
  return bytes;
}

function idsFromBytes<Id extends RandomId>(bytes: Uint8Array): readonly Id[] {
  if (bytes.length % ID_BYTES !== 0) throw malformed(`ids of ${bytes.length} bytes`);
  return Array.from({ length: bytes.length / ID_BYTES }, (_, at) => idAt<Id>(bytes, at * ID_BYTES));
}
