/**
 * Summarizes many plays of the course scenarios with different seeds. The summary has failures, measurements with their
 * limits, and the places that the scenarios visited.
 */

/** @typedef {{ what: string, measured: number, atMost: number }} Measurement */
/** @typedef {{ what: string, place: number, of: number }} Visit */
/** @typedef {{ title: string, failure?: string | undefined, measurements?: readonly Measurement[], visits?: readonly Visit[] }} Played */

/** Number of characters of a failure's reason that the list of failures shows. */
const LONGEST_REASON = 300;

export class CourseReport {
  /** @type {Map<string, number>} */
  #plays = new Map();
  #passed = 0;
  /** @type {string[]} */
  #failures = [];
  /** For each name of a measurement, the one that came closest to its limit. @type {Map<string, Measurement>} */
  #closest = new Map();
  /**
   * For each name of a visit, how often each place was visited.
   * @type {Map<string, { of: number, places: Map<number, number> }>}
   */
  #visits = new Map();
  #options;

  /** @param {{ suite: string | undefined, isLong: boolean }} options of the command line */
  constructor(options) {
    this.#options = options;
  }

  get hasPassed() {
    return this.#failures.length === 0 && this.#passed > 0;
  }

  /**
   * Adds one play of a scenario.
   * @param {Played} played
   * @returns {string | undefined} the failure in words; undefined if the play passed
   */
  add({ title, failure, measurements = [], visits = [] }) {
    const [, scenario = title, seed] = /^(.*) \(seed (\d+)\)$/su.exec(title) ?? [];
    this.#plays.set(scenario, (this.#plays.get(scenario) ?? 0) + 1);
    for (const measurement of measurements) this.#measure(`${scenario}\n    ${measurement.what}`, measurement);
    for (const visit of visits) this.#visit(`${scenario}\n    ${visit.what}`, visit);
    if (failure === undefined) {
      this.#passed++;
      return undefined;
    }
    const words = `✗ ${title}\n    ${failure.slice(0, LONGEST_REASON).replaceAll('\n', '\n    ')}\n    ${this.#replay(scenario, seed)}`;
    this.#failures.push(words);
    return words;
  }

  /** @param {number} seeds */
  progress(seeds) {
    const played = [...this.#plays.values()].reduce((sum, count) => sum + count, 0);
    const latest = [...this.#plays].at(-1);
    const where = latest === undefined ? '' : `; ${latest[0].slice(0, 60)}, ${latest[1]} of ${seeds} seeds`;
    return `${played} plays of ${this.#plays.size} scenarios, ${this.#failures.length} failed${where}`;
  }

  summary() {
    const limits = [...this.#closest].map(([name, { measured, atMost }]) => `${name}: ${measured}, at most ${atMost}`);
    const visits = [...this.#visits].map(([name, { of, places }]) => `${name}: ${describePlaces(of, places)}`);
    const failures = this.#failures.length === 0 ? [] : [`\n${this.#failures.length} plays failed:`, ...this.#failures];
    return [...limits, ...visits, ...failures].join('\n');
  }

  /**
   * @param {string} name
   * @param {Measurement} measurement
   */
  #measure(name, measurement) {
    const before = this.#closest.get(name);
    if (before === undefined || shareOf(measurement) > shareOf(before)) this.#closest.set(name, measurement);
  }

  /**
   * @param {string} name
   * @param {Visit} visit
   */
  #visit(name, { place, of }) {
    const visited = this.#visits.get(name) ?? { of: 0, places: new Map() };
    visited.of = Math.max(visited.of, of);
    visited.places.set(place, (visited.places.get(place) ?? 0) + 1);
    this.#visits.set(name, visited);
  }

  /**
   * @param {string} scenario
   * @param {string | undefined} seed
   */
  #replay(scenario, seed) {
    const { suite, isLong } = this.#options;
    const which = `${suite === undefined ? '' : ` --suite ${suite}`} --only ${quoted(scenario)}${isLong ? ' --long' : ''}`;
    return seed === undefined ? '' : `npm run sim:courses --${which} --seeds 1 --first ${seed}`;
  }
}

/** @param {Measurement} measurement */
function shareOf({ measured, atMost }) {
  return measured / atMost;
}

/**
 * Quotes a text as one word for a shell.
 * @param {string} text
 */
function quoted(text) {
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}

/**
 * @param {number} of
 * @param {ReadonlyMap<number, number>} places
 */
function describePlaces(of, places) {
  const missing = Array.from({ length: of }, (_, at) => at + 1).filter((place) => !places.has(place));
  const counts = [...places.values()];
  const times = `${Math.min(...counts)} to ${Math.max(...counts)} times each`;
  if (missing.length === 0) return `1..${of}, all, ${times}`;
  return `${places.size} of 1..${of}, ${times}; not ${missing.join(' ')}`;
}
