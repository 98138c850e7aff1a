/** Random bytes and ids from this browser. */
import { ID_BYTES, idFromBytes, type RandomId } from '../../wire/identifiers.ts';

export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

export function randomId<Id extends RandomId>(): Id {
  return idFromBytes<Id>(randomBytes(ID_BYTES));
}
