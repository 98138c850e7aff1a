import { version } from '../../../package.json';

/** Which build this is: greetings tell it, for people to compare. */
export const BUILD: string = version;
