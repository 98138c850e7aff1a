/** Checks the arguments of administrative calls and sends them to the bondsmith. */
import type { Call, ClientAdministration } from '../client/contract.ts';
import { slotOfKey } from '../store/key.ts';
import { checkKey } from '../store/validation.ts';
import { assert } from '../wire/assertion.ts';
import type { Configuration } from '../wire/configuration/configuration.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import {
  asSlot,
  type DeviceId,
  type OrderId,
  parseId,
  type RadiantId,
  type RandomId,
  type Slot,
} from '../wire/identifiers.ts';
import { described, readArgument } from './arguments.ts';
import type { CallResult } from './client-driver.ts';
import type { ClusterAdministration, MemberName, RingPlace } from './contract.ts';
import type { CallOptions } from './key-value-contract.ts';
import { encodeKey } from './values.ts';

export class StoreAdministration implements ClusterAdministration {
  readonly #request: (call: Call, options: CallOptions | undefined) => Promise<CallResult>;

  constructor(request: (call: Call, options: CallOptions | undefined) => Promise<CallResult>) {
    this.#request = request;
  }

  async configuration(number?: number, options?: CallOptions): Promise<Configuration> {
    if (number !== undefined && typeof number !== 'number') {
      throw new InvalidArgumentError(
        `The number of a configuration is ${described(number)}. Pass a whole number, or nothing for the latest.`,
      );
    }
    return await this.#ask({ kind: 'query', number }, options);
  }

  async join(member: MemberName, options?: CallOptions): Promise<Configuration> {
    const { radiant, device } = readArgument('the member', () => {
      if (typeof member !== 'object' || member === null) {
        throw new InvalidArgumentError(
          `A member is ${described(member)}. Pass { radiant, device }: ids that view() shows.`,
        );
      }
      return {
        radiant: idOf<RadiantId>(member.radiant, 'a radiant'),
        device: idOf<DeviceId>(member.device, 'a device'),
      };
    });
    return await this.#administer({ kind: 'join', participants: [{ radiant, device }] }, options);
  }

  async leave(radiant: string, options?: CallOptions): Promise<Configuration> {
    return await this.#administer({ kind: 'leave', radiants: [idOf<RadiantId>(radiant, 'a radiant')] }, options);
  }

  async move(place: RingPlace, order: string, options?: CallOptions): Promise<Configuration> {
    return await this.#administer({ kind: 'move', slot: slotOf(place), to: idOf<OrderId>(order, 'an order') }, options);
  }

  async fracture(place: RingPlace, options?: CallOptions): Promise<Configuration> {
    return await this.#administer({ kind: 'fracture', slot: slotOf(place) }, options);
  }

  async consolidate(place: RingPlace, options?: CallOptions): Promise<Configuration> {
    return await this.#administer({ kind: 'consolidate', slot: slotOf(place) }, options);
  }

  #administer(administration: ClientAdministration, options: CallOptions | undefined): Promise<Configuration> {
    return this.#ask({ kind: 'administer', administration }, options);
  }

  async #ask(call: Call, options: CallOptions | undefined): Promise<Configuration> {
    const result = await this.#request(call, options);
    assert(result.kind === 'configuration', 'the bondsmith answers with a configuration');
    return result.configuration;
  }
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` */
function idOf<Id extends RandomId>(text: unknown, whose: string): Id {
  if (typeof text !== 'string') {
    throw new InvalidArgumentError(`The id of ${whose} is ${described(text)}. Pass the text that view() shows.`);
  }
  try {
    return parseId<Id>(text);
  } catch (cause) {
    throw new InvalidArgumentError(
      `The id of ${whose} is ${described(text)}. An id has 32 lower-case hexadecimal digits, as view() shows it.`,
      { cause },
    );
  }
}

/** @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE` */
function slotOf(place: RingPlace): Slot {
  return readArgument('the place', () => {
    if (typeof place !== 'object' || place === null || 'slot' in place === 'key' in place) {
      throw new InvalidArgumentError(
        `A place on the ring is ${described(place)}. Pass { slot: 42 } or { key: 'greeting' }, not both.`,
      );
    }
    if ('slot' in place) return asSlot(place.slot);
    const key = encodeKey(place.key);
    checkKey(key);
    return slotOfKey(key);
  });
}
