/** Parses the `Range` field of a request by RFC 9110, section 14. */

export type RangeChoice =
  /** The field has no range, an invalid range, or several ranges. The response is the whole representation. */
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly first: number; readonly last: number }
  /** No byte of the representation lies in the range. The response is 416. */
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeChoice = { kind: 'whole' };
const UNIT = /^bytes=(.*)$/isu;
const FROM = /^(\d+)-(\d*)$/u;
const SUFFIX = /^-(\d+)$/u;

type Positions = Extract<RangeChoice, { kind: 'part' }> | 'unsatisfiable' | 'invalid';

/** The part of a representation of `size` bytes that the field selects. */
export function chooseRange(field: string | undefined, size: number): RangeChoice {
  const list = UNIT.exec(field ?? '')?.[1];
  if (list === undefined) return WHOLE;
  // The standard requires that recipients of a list accept empty elements.
  const elements = list.split(',').map((element) => element.replace(/^[ \t]+|[ \t]+$/gu, ''));
  const ranges = elements.filter((element) => element !== '').map((element) => positionsOf(element, size));
  if (ranges.length === 0 || ranges.includes('invalid')) return WHOLE;
  const parts = ranges.filter((range) => typeof range !== 'string');
  const [first] = parts;
  if (first === undefined) return { kind: 'unsatisfiable' };
  // By the standard, a server can ignore a request for several parts. Browsers ask for one part.
  return parts.length === 1 ? first : WHOLE;
}

function positionsOf(range: string, size: number): Positions {
  const suffix = SUFFIX.exec(range)?.[1];
  if (suffix !== undefined) return part(Math.max(0, size - Number(suffix)), size - 1);
  const [, first = '', last = ''] = FROM.exec(range) ?? [];
  if (first === '') return 'invalid';
  // The positions are compared as `BigInt`, because they can exceed the safe integers.
  if (last !== '' && BigInt(last) < BigInt(first)) return 'invalid';
  return part(Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1));
}

function part(first: number, last: number): Positions {
  return first <= last ? { kind: 'part', first, last } : 'unsatisfiable';
}
