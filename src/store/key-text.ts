/** Key bytes as text with one character per byte. Equality and order of the texts are those of the bytes. */
export type KeyText = string;

export function keyTextOf(key: Uint8Array): KeyText {
  return String.fromCharCode(...key);
}

export function keyBytesOf(text: KeyText): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

export function compareKeyTexts(left: KeyText, right: KeyText): number {
  if (left < right) return -1;
  return left > right ? 1 : 0;
}
