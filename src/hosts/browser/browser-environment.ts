/** Clock and randomness of this browser, for whoever gets them handed in. */
import type { Environment } from '../../radiant/environment.ts';
import { ID_BYTES, idFromBytes, type RandomId } from '../../wire/identifiers.ts';

export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** A new random id, of the kind that is wanted where it is called. */
export function randomId<Id extends RandomId>(): Id {
  return idFromBytes<Id>(randomBytes(ID_BYTES));
}

export const browserEnvironment: Environment = {
  nowMs: () => performance.now(),
  random: () => Math.random(),
  randomBytes,
};
