import { type Times, type TimesChoice, timesWith } from '../../../src/wire/times.ts';

/** The times of the radiants of a test page. The test passes its choice as JSON in the parameter `times`. */
export function chosenTimes(address: string): Times {
  const choice = new URL(address).searchParams.get('times') ?? '{}';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a test wrote it
  return timesWith(JSON.parse(choice) as TimesChoice);
}
