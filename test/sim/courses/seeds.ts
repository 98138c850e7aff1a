/** The number of plays of every scenario: one in the unit tests, many in `npm run sim:courses`. */
import process from 'node:process';

function wholeNumber(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/u.test(text)) throw new Error(`${name} takes a whole number above 0, not "${text}"`);
  return Number(text);
}

const FIRST = wholeNumber('COURSE_FIRST_SEED', 1);

/** Number of seeds in all processes of this run. */
const ALL_SEEDS = wholeNumber('COURSE_ALL_SEEDS', wholeNumber('COURSE_SEEDS', 1));

export const SEEDS: readonly number[] = Array.from({ length: wholeNumber('COURSE_SEEDS', 1) }, (_, at) => FIRST + at);

/** Whether to play as many rounds as the original courses do. */
const IS_LONG = process.env['COURSE_LENGTH'] === 'long';

/** Whether to print every event. */
export const IS_TRACED = process.env['COURSE_TRACE'] === 'yes';

export function rounds(short: number, long: number): number {
  return IS_LONG ? long : short;
}

/**
 * The places that the play of one seed visits. In a run over many seeds, each play visits one random place. A seed that
 * is played alone visits several places at equal distances.
 * @param share a random number from 0 to 1 that selects the first place
 * @param alone number of places to visit if one seed is played alone
 * @returns numbers from 1 to `of`, the selected place first
 */
export function placesToVisit(of: number, share: number, alone: number): readonly number[] {
  const count = ALL_SEEDS > 1 ? 1 : Math.min(of, rounds(alone, 4 * alone));
  const drawn = Math.floor(share * of);
  return Array.from({ length: count }, (_, at) => 1 + ((drawn + Math.floor((at * of) / count)) % of));
}
