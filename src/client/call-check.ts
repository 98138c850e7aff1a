/** What an application asks for, checked before it goes anywhere. */
import { checkKey, checkOperation } from '../store/validation.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import { SLOT_COUNT } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { Call, ClientAdministration } from './contract.ts';

/** @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`, `VALUE_TOO_LARGE` */
export function checkCall(call: Call): void {
  switch (call.kind) {
    case 'get':
      checkKey(call.key);
      return;
    case 'write':
      checkOperation(call.operation);
      return;
    case 'query':
      if (call.number !== undefined)
        checkWhole('The number of a configuration', call.number, 1, Number.MAX_SAFE_INTEGER);
      return;
    case 'administer':
      checkAdministration(call.administration);
  }
}

function checkAdministration(administration: ClientAdministration): void {
  switch (administration.kind) {
    case 'join':
      checkRadiants(administration.participants);
      return;
    case 'leave':
      checkRadiants(administration.radiants);
      return;
    case 'move':
    case 'fracture':
    case 'consolidate':
      checkWhole('A slot', administration.slot, 0, SLOT_COUNT - 1);
  }
}

function checkRadiants({ length }: readonly unknown[]): void {
  if (length >= 1 && length <= LIMITS.radiants) return;
  throw new InvalidArgumentError(`${length} radiants are named at once. Name 1 to ${LIMITS.radiants}.`);
}

function checkWhole(what: string, value: number, smallest: number, largest: number): void {
  if (Number.isSafeInteger(value) && value >= smallest && value <= largest) return;
  throw new InvalidArgumentError(`${what} is a whole number from ${smallest} to ${largest}, not ${value}.`);
}
