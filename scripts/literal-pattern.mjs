/**
 * A pattern that meets just this text: what stands between two names, commas and quotes, is nothing special in it, and
 * escaped it would be no pattern at all.
 * @param {string} text
 */
export function literalPattern(text) {
  return new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`), 'u');
}
