/** Lower-case hexadecimal digits, two for each byte. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hexFromBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** The bytes of digits which the caller has checked. */
export function bytesFromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = byteOfHex(text, at);
  return bytes;
}

/** The byte that lies at a place of digits which the caller has checked. */
export function byteOfHex(text: string, at: number): number {
  return (digitValue(text.charCodeAt(2 * at)) << 4) | digitValue(text.charCodeAt(2 * at + 1));
}

/** Of a lower-case hexadecimal digit: '0' to '9' end in their value, 'a' to 'f' in theirs less 9. */
function digitValue(code: number): number {
  return code < 0x3a ? code & 0xf : (code & 0xf) + 9;
}
