/** The JSON of machines. Every value that JSON would change silently is rejected, so that no replica computes with it. */
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Encodes a value. Undefined becomes no bytes.
 * @throws {TypeError} if the value is not JSON; a cyclic value throws another error
 */
export function bytesOfJson(value: unknown): Uint8Array {
  return value === undefined ? NO_BYTES : encoder.encode(JSON.stringify(value, onlyJson));
}

/**
 * Decodes a value that `bytesOfJson` encoded.
 * @throws {SyntaxError} if the bytes are not JSON, and {TypeError} if they are not UTF-8
 */
export function jsonOf<Value>(bytes: Uint8Array): Value {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the application knows the type of its values
  return (bytes.length === 0 ? undefined : JSON.parse(decoder.decode(bytes))) as Value;
}

/** Freezes a JSON value with all its parts. */
export function frozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const part of Object.values(value)) frozen(part);
}

function onlyJson(this: unknown, _name: string, value: unknown): unknown {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('JSON has only finite numbers');
      return value;
    case 'string':
    case 'boolean':
      return value;
    case 'undefined':
      // An undefined property is left out, but an undefined element of a list would turn into null.
      if (Array.isArray(this)) throw new TypeError('a list in JSON has no undefined elements');
      return value;
    case 'object':
      if (value === null || Array.isArray(value) || isPlain(value)) return value;
      throw new TypeError('JSON has only lists and plain objects');
    default:
      throw new TypeError('JSON has no functions, symbols or big integers');
  }
}

/** Whether the object is no instance of a class. JSON would keep only a part of an instance, such as nothing of a map. */
function isPlain(value: object): boolean {
  const prototype: unknown = Reflect.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);
