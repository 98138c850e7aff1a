import { type RadiantId, shortId } from '../../wire/identifiers.ts';
import type { Remedy } from './remedy.ts';

/** `caution`: everything works, but there is a risk. */
export type Tone = 'good' | 'caution' | 'waiting' | 'trouble';

/** The message in the banner: the most important one for the person at the tab. */
export interface Situation {
  readonly tone: Tone;
  readonly headline: string;
  readonly detail: string;
  readonly remedies: readonly Remedy[];
}

export function good(headline: string, detail: string, remedies: readonly Remedy[] = []): Situation {
  return { tone: 'good', headline, detail, remedies };
}

export function caution(headline: string, detail: string, remedies: readonly Remedy[] = []): Situation {
  return { tone: 'caution', headline, detail, remedies };
}

export function waiting(headline: string, detail: string, remedies: readonly Remedy[] = []): Situation {
  return { tone: 'waiting', headline, detail, remedies };
}

export function trouble(headline: string, detail: string, remedies: readonly Remedy[] = []): Situation {
  return { tone: 'trouble', headline, detail, remedies };
}

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

export function spoken(count: number): string {
  return NUMBERS[count] ?? String(count);
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Lists the members' short ids, for use in a sentence. */
export function nameMembers(members: readonly { readonly radiant: RadiantId }[]): string {
  const names = members.map(({ radiant }) => shortId(radiant));
  if (names.length <= 1) return names[0] ?? 'Nobody';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
