/** Checks of what an application passes in. In plain JavaScript it can be anything. */
import { InvalidArgumentError, isShardbearerError } from '../wire/errors.ts';

/** Characters of a text that a message quotes. */
const QUOTED = 60;

/** How a message names a value. Symbols and objects without a prototype have no text of their own. */
export function described(value: unknown): string {
  if (typeof value === 'string') {
    const quoted = value.length <= QUOTED ? value : `${value.slice(0, QUOTED)}…`;
    return JSON.stringify(quoted);
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null || value === undefined) return String(value);
  if (isList(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Whether a value has fields by name. A list has none. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a value of the caller, whose getters and proxies can throw anything.
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT` with the thrown value as its cause; errors of this library unchanged
 */
export function readArgument<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    if (isShardbearerError(cause)) throw cause;
    throw new InvalidArgumentError(`Reading ${name} threw an error. Pass plain data.`, { cause });
  }
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the value is undefined, true or false: 'no' would count as true */
export function checkSwitch(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new InvalidArgumentError(`${name} is ${described(value)}. Pass true or false.`);
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the value is undefined or one of these texts */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  const list = choices.map((choice) => `'${choice}'`).join(' or ');
  throw new InvalidArgumentError(`${name} is ${described(value)}. Pass ${list}.`);
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` unless the value can be called */
export function checkListener(listener: unknown): void {
  if (typeof listener === 'function') return;
  throw new InvalidArgumentError(`The listener is ${described(listener)}. Pass a function that takes the view.`);
}

/** A revoked proxy is neither a list nor readable. */
function isList(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}
