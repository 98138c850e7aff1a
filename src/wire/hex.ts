/** Lower-case hexadecimal digits, two for each byte. */

const DIGITS = '0123456789abcdef';

/** For short byte arrays. The text is one flat string. A concatenation of digits would keep every digit in memory. */
export function hexFromBytes(bytes: Uint8Array): string {
  const codes = new Uint8Array(2 * bytes.length);
  for (const [at, byte] of bytes.entries()) {
    codes[2 * at] = DIGITS.charCodeAt(byte >>> 4);
    codes[2 * at + 1] = DIGITS.charCodeAt(byte & 0xf);
  }
  return String.fromCharCode(...codes);
}

/** Decodes digits that the caller has checked. */
export function bytesFromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = byteOfHex(text, at);
  return bytes;
}

/** Decodes one byte of digits that the caller has checked. */
export function byteOfHex(text: string, at: number): number {
  return (digitValue(text.charCodeAt(2 * at)) << 4) | digitValue(text.charCodeAt(2 * at + 1));
}

/** The low four bits of '0' to '9' are their value. Those of 'a' to 'f' are 9 less. */
function digitValue(code: number): number {
  return code < 0x3a ? code & 0xf : (code & 0xf) + 9;
}
