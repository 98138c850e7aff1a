/** Lower-case hexadecimal digits, two for each byte. */

const DIGITS = '0123456789abcdef';

/** Of short bytes. The text is of one piece: put together from digits, it would keep every piece of it in memory. */
export function hexFromBytes(bytes: Uint8Array): string {
  const codes = new Uint8Array(2 * bytes.length);
  for (const [at, byte] of bytes.entries()) {
    codes[2 * at] = DIGITS.charCodeAt(byte >>> 4);
    codes[2 * at + 1] = DIGITS.charCodeAt(byte & 0xf);
  }
  return String.fromCharCode(...codes);
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
