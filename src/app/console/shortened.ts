/** Characters of a key or a name that a line shows. A longer one would push what follows out of sight. */
const SHOWN = 80;

/** The beginning of a long text, and how long it is. */
export function shortened(text: string): string {
  if (text.length <= SHOWN) return text;
  // A character outside of the basic plane takes two units: the cut goes before it, not through it.
  const end = (text.codePointAt(SHOWN - 1) ?? 0) > 0xff_ff ? SHOWN - 1 : SHOWN;
  return `${text.slice(0, end)}… (${text.length.toLocaleString('en')} characters)`;
}
