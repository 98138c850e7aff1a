/** How often every scenario is played: once among all other tests, over many seeds by `npm run sim:courses`. */
import process from 'node:process';

function wholeNumber(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/u.test(text)) throw new Error(`${name} takes a whole number above 0, not "${text}"`);
  return Number(text);
}

const FIRST = wholeNumber('COURSE_FIRST_SEED', 1);

export const SEEDS: readonly number[] = Array.from({ length: wholeNumber('COURSE_SEEDS', 1) }, (_, at) => FIRST + at);

/** Whether there is time for as many rounds as the courses play. */
const IS_LONG = process.env['COURSE_LENGTH'] === 'long';

/** Whether to print all that happens, in words. */
export const IS_TRACED = process.env['COURSE_TRACE'] === 'yes';

export function rounds(short: number, long: number): number {
  return IS_LONG ? long : short;
}
