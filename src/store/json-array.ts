const OPENING = 0x5b;
const CLOSING = 0x5d;
const COMMA = 0x2c;
/** The white space of JSON: tab, line feed, carriage return and space. */
const WHITE_SPACE: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x20]);

/**
 * Adds an element to the JSON text of an array. A missing array counts as empty. Only the brackets are checked, because
 * parsing the array would take several passes over all its bytes for each element.
 * @returns undefined if the text does not begin and end like an array
 */
export function arrayWith(array: Uint8Array | undefined, element: Uint8Array): Uint8Array | undefined {
  const before = array ?? EMPTY_ARRAY;
  if (before.length < EMPTY_ARRAY.length || before[0] !== OPENING || before.at(-1) !== CLOSING) return undefined;
  // An array without elements may contain white space, and no comma may follow it.
  const hasElements = before.subarray(1, -1).some((byte) => !WHITE_SPACE.has(byte));
  const kept = hasElements ? before.length - 1 : 1;
  const separators = hasElements ? 1 : 0;
  const after = new Uint8Array(kept + separators + element.length + 1);
  after.set(before.subarray(0, kept));
  if (separators > 0) after[kept] = COMMA;
  after.set(element, kept + separators);
  after[after.length - 1] = CLOSING;
  return after;
}

const EMPTY_ARRAY = new Uint8Array([OPENING, CLOSING]);
