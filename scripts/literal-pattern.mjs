/**
 * A pattern that matches exactly this text. The flag `u` allows escapes of syntax characters only, not of quotes or commas.
 * @param {string} text
 */
export function literalPattern(text) {
  return new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`), 'u');
}
