/** Whether a value is a `Uint8Array`, also one of another frame, whose class is another one. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && typedArrayName(value) === 'Uint8Array';
}

/** Reads the internal slot, which an object cannot fake. A `DataView` has none. */
function typedArrayName(view: ArrayBufferView): unknown {
  const prototype: unknown = Object.getPrototypeOf(Uint8Array.prototype);
  return typeof prototype === 'object' && prototype !== null
    ? Reflect.get(prototype, Symbol.toStringTag, view)
    : undefined;
}
