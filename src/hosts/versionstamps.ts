/** The form in which applications see versionstamps. */
import { assert } from '../wire/assertion.ts';
import type { Versionstamp as StoredVersionstamp } from '../wire/entries/command.ts';
import { InvalidArgumentError } from '../wire/errors.ts';
import { described } from './arguments.ts';
import type { Versionstamp } from './key-value-contract.ts';

const GENERATION_DIGITS = 8;
/** A revision is a safe integer, which has up to 53 bits. */
const REVISION_DIGITS = 14;
const FORM = /^[0-9a-f]{22}$/u;

export function formatVersionstamp({ generation, revision }: StoredVersionstamp): Versionstamp {
  const digits = (value: number, count: number): string => value.toString(16).padStart(count, '0');
  const text = digits(generation, GENERATION_DIGITS) + digits(revision, REVISION_DIGITS);
  assert(isVersionstamp(text), 'a generation has at most 32 bits');
  return text;
}

/**
 * @param name name of the argument in the error message
 * @throws {InvalidArgumentError} `INVALID_ARGUMENT`
 */
export function parseVersionstamp(text: unknown, name = 'ifVersion'): StoredVersionstamp {
  if (isVersionstamp(text)) {
    const generation = Number.parseInt(text.slice(0, GENERATION_DIGITS), 16);
    const revision = Number.parseInt(text.slice(GENERATION_DIGITS), 16);
    if (Number.isSafeInteger(revision)) return { generation, revision };
  }
  throw new InvalidArgumentError(
    `${name} is ${described(text)}. Pass the versionstamp of an entry, or null if the key has to be missing.`,
  );
}

function isVersionstamp(text: unknown): text is Versionstamp {
  return typeof text === 'string' && FORM.test(text);
}
