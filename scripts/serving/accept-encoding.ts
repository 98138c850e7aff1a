/** Parses the `Accept-Encoding` field of a request by RFC 9110, section 12.5.3. */

/** Content codings of the built files, smallest first. `identity` is the uncompressed file. */
export const CODINGS = ['br', 'gzip', 'identity'] as const;
export type Coding = (typeof CODINGS)[number];

const ELEMENT = /^([\w!#$%&'*+.^`|~-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/iu;

/** The known codings that the client accepts, in the order in which the server tries them. */
export function acceptedCodings(field: string | undefined): readonly Coding[] {
  // By the standard, a client without the field accepts every coding. Such a client is old or a script, and may be
  // unable to decode.
  if (field === undefined) return ['identity'];
  const weights = weightsIn(field);
  const weightOf = (coding: Coding): number => {
    const named = weights.get(coding) ?? weights.get(coding === 'gzip' ? 'x-gzip' : coding) ?? weights.get('*');
    // `identity` is acceptable unless the field excludes it. Any coding that the field names is preferred to an unnamed
    // `identity`.
    return named ?? (coding === 'identity' ? Number.MIN_VALUE : 0);
  };
  return CODINGS.filter((coding) => weightOf(coding) > 0).sort((one, other) => weightOf(other) - weightOf(one));
}

function weightsIn(field: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const element of field.split(',')) {
    const [, name, weight] = ELEMENT.exec(element.trim()) ?? [];
    if (name !== undefined) weights.set(name.toLowerCase(), weight === undefined ? 1 : Number(weight));
  }
  return weights;
}
