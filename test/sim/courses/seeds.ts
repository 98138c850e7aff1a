/** The number of plays of every scenario: one in the unit tests, many with `npm run sim:courses`. */
import process from 'node:process';

function wholeNumber(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/u.test(text)) throw new Error(`${name} takes a whole number above 0, not "${text}"`);
  return Number(text);
}

const FIRST = wholeNumber('COURSE_FIRST_SEED', 1);

/** All plays, with those of the other processes. */
const ALL_SEEDS = wholeNumber('COURSE_ALL_SEEDS', wholeNumber('COURSE_SEEDS', 1));

export const SEEDS: readonly number[] = Array.from({ length: wholeNumber('COURSE_SEEDS', 1) }, (_, at) => FIRST + at);

/** Whether to play as many rounds as the courses do. */
const IS_LONG = process.env['COURSE_LENGTH'] === 'long';

/** Whether to print every event. */
export const IS_TRACED = process.env['COURSE_TRACE'] === 'yes';

export function rounds(short: number, long: number): number {
  return IS_LONG ? long : short;
}

/**
 * The places that one seed visits. A run over many seeds visits all places together. One seed visits a random one, and
 * when it is played alone, more of them at equal distances.
 * @param share from 0 to 1, drawn
 * @param alone the number of places when one seed is played alone
 * @returns numbers from 1 to `of`, the drawn one first
 */
export function placesToVisit(of: number, share: number, alone: number): readonly number[] {
  const count = ALL_SEEDS > 1 ? 1 : Math.min(of, rounds(alone, 4 * alone));
  const drawn = Math.floor(share * of);
  return Array.from({ length: count }, (_, at) => 1 + ((drawn + Math.floor((at * of) / count)) % of));
}
