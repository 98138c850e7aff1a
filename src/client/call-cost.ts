/** The bytes that calls hold until they are settled, and the bound on their sum. */
import { ShardbearerError } from '../wire/errors.ts';
import { LIMITS } from '../wire/limits.ts';
import type { Call } from './contract.ts';

/** Bytes of a call's key and value, with an allowance for the objects that hold them. */
export function callBytes(call: Call): number {
  switch (call.kind) {
    case 'get':
      return LIMITS.callOverheadBytes + call.key.length;
    case 'write': {
      const { operation } = call;
      const valueBytes = operation.kind === 'delete' ? 0 : operation.value.length;
      return LIMITS.callOverheadBytes + operation.key.length + valueBytes;
    }
    case 'administer':
    case 'query':
      return LIMITS.callOverheadBytes;
  }
}

/** All calls that are not settled. */
export class CallBudget {
  #bytes = 0;

  /** @throws {ShardbearerError} `OVERLOADED` where the calls would hold more than `waitingCallBytes` */
  take(bytes: number): void {
    if (this.#bytes + bytes > LIMITS.waitingCallBytes) {
      throw new ShardbearerError(
        'OVERLOADED',
        `Unfinished calls hold ${this.#bytes.toLocaleString('en')} bytes; ` +
          `the limit is ${LIMITS.waitingCallBytes.toLocaleString('en')}. Await some of them before the next call.`,
      );
    }
    this.#bytes += bytes;
  }

  free(bytes: number): void {
    this.#bytes -= bytes;
  }
}
