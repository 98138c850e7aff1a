/** Clock and randomness of this browser. */
import type { Environment } from '../../radiant/environment.ts';
import { ID_BYTES, idFromBytes, type RandomId } from '../../wire/identifiers.ts';
import type { Times } from '../../wire/times.ts';

export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** A new random id. */
export function randomId<Id extends RandomId>(): Id {
  return idFromBytes<Id>(randomBytes(ID_BYTES));
}

export function browserEnvironment(times: Times): Environment {
  return { nowMs: () => performance.now(), random: () => Math.random(), randomBytes, times };
}
