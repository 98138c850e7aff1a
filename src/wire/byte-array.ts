/** Also true for a `Uint8Array` of another frame of the page, which has a class of its own. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && typedArrayName(value) === 'Uint8Array';
}

/** Reads the internal slot, which an object cannot fake. Undefined for a `DataView`. */
function typedArrayName(view: ArrayBufferView): unknown {
  const prototype: unknown = Object.getPrototypeOf(Uint8Array.prototype);
  return typeof prototype === 'object' && prototype !== null
    ? Reflect.get(prototype, Symbol.toStringTag, view)
    : undefined;
}
