/** Checks of a call before it is sent. They cover its arguments and the bytes of all unfinished calls. */
import { checkKey, checkOperation, checkTransaction, checkValue } from '../store/validation.ts';
import { InvalidArgumentError, ShardbearerError } from '../wire/errors.ts';
import { SLOT_COUNT } from '../wire/identifiers.ts';
import { LIMITS } from '../wire/limits.ts';
import type { Call, ClientAdministration } from './contract.ts';

/**
 * Checks a call.
 * @returns the bytes that count for the call: its key and value, and `callOverheadBytes` for the objects that hold them
 * @throws {ShardbearerError} `INVALID_ARGUMENT`, `KEY_TOO_LARGE`, `VALUE_TOO_LARGE`
 */
export function checkedBytes(call: Call): number {
  switch (call.kind) {
    case 'get':
      checkKey(call.key);
      if (call.question !== undefined) checkValue(call.question.value);
      return LIMITS.client.callOverheadBytes + call.key.length + (call.question?.value.length ?? 0);
    case 'write': {
      const { operation } = call;
      checkOperation(operation);
      const valueBytes = operation.kind === 'delete' ? 0 : operation.value.length;
      return LIMITS.client.callOverheadBytes + operation.key.length + valueBytes;
    }
    case 'list':
      checkWhole('The number of entries of a page', call.limit, 1, LIMITS.lists.pageEntries);
      return LIMITS.client.callOverheadBytes + (call.from?.length ?? 0) + (call.to?.length ?? 0);
    case 'watch':
      checkWhole('The number of changes of an answer', call.limit, 1, LIMITS.watches.answerChanges);
      return LIMITS.client.callOverheadBytes + (call.from?.length ?? 0) + (call.to?.length ?? 0);
    case 'transaction':
      if (call.checks.length + call.writes.length + call.revisions.length === 0) {
        throw new InvalidArgumentError('The transaction has no keys. Add checks or writes.');
      }
      return LIMITS.client.callOverheadBytes + checkTransaction(call);
    case 'lock-range':
      return LIMITS.client.callOverheadBytes + (call.from?.length ?? 0) + (call.to?.length ?? 0);
    case 'release-range':
      return LIMITS.client.callOverheadBytes;
    case 'query':
      if (call.number !== undefined)
        checkWhole('The number of a configuration', call.number, 1, Number.MAX_SAFE_INTEGER);
      return LIMITS.client.callOverheadBytes;
    case 'administer':
      checkAdministration(call.administration);
      return LIMITS.client.callOverheadBytes;
  }
}

/** The sum of the bytes of all unfinished calls, with its limit. */
export class CallBudget {
  #bytes = 0;

  /**
   * Adds the bytes of a call.
   * @throws {ShardbearerError} `OVERLOADED` if the calls would hold more than `waitingCallBytes`
   */
  take(bytes: number): void {
    if (this.#bytes + bytes > LIMITS.client.waitingCallBytes) {
      throw new ShardbearerError(
        'OVERLOADED',
        `Unfinished calls hold ${this.#bytes.toLocaleString('en')} bytes; ` +
          `the limit is ${LIMITS.client.waitingCallBytes.toLocaleString('en')}. Await some of them before the next call.`,
      );
    }
    this.#bytes += bytes;
  }

  free(bytes: number): void {
    this.#bytes -= bytes;
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
  if (length >= 1 && length <= LIMITS.configuration.radiants) return;
  throw new InvalidArgumentError(`${length} radiants are named at once. Name 1 to ${LIMITS.configuration.radiants}.`);
}

function checkWhole(what: string, value: number, smallest: number, largest: number): void {
  if (Number.isSafeInteger(value) && value >= smallest && value <= largest) return;
  throw new InvalidArgumentError(`${what} is a whole number from ${smallest} to ${largest}, not ${value}.`);
}
