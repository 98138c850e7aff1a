/**
 * Returns a pattern that matches exactly this text. Only syntax characters are escaped, because the flag `u` forbids
 * other escapes.
 * @param {string} text
 */
export function literalPattern(text) {
  return new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`), 'u');
}
