/**
 * Number of characters of a key or name that a line shows. A longer text would push the rest of the line out of sight.
 */
const SHOWN = 80;

/** The beginning of a long text, with the text's length. A short text is unchanged. */
export function shortened(text: string): string {
  if (text.length <= SHOWN) return text;
  // A character outside of the basic plane has two code units, which the cut must not separate.
  const end = (text.codePointAt(SHOWN - 1) ?? 0) > 0xff_ff ? SHOWN - 1 : SHOWN;
  return `${text.slice(0, end)}… (${text.length.toLocaleString('en')} characters)`;
}
