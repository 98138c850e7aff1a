/** What an application hands over, checked at the border: in plain JavaScript it can be anything. */
import { InvalidArgumentError } from '../wire/errors.ts';

/** How a message names what it was given. Not everything has a form as text: symbols and objects without a prototype do not. */
export function described(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

/** Whether it has fields of its own, by name: a list has none. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` where it is neither left out nor true or false: 'no' would be true */
export function checkSwitch(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new InvalidArgumentError(`${name} is true or false, not ${described(value)}`);
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` where it is neither left out nor one of these texts */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  const list = choices.map((choice) => `'${choice}'`).join(' or ');
  throw new InvalidArgumentError(`${name} is ${list}, not ${described(value)}`);
}

/** @throws {InvalidArgumentError} `INVALID_ARGUMENT` where it cannot be called */
export function checkListener(listener: unknown): void {
  if (typeof listener === 'function') return;
  throw new InvalidArgumentError(`a listener is a function that takes the view, not ${described(listener)}`);
}
