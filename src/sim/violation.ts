/** A promise that a run has broken. */
export class Violation extends Error {
  /** Stable name of the promise. */
  readonly property: string;

  constructor(property: string, details: string) {
    super(`${property}: ${details}`);
    this.name = 'Violation';
    this.property = property;
  }
}

/**
 * Checks a promise.
 * @throws {Violation}
 */
export function check(holds: boolean, property: string, details: () => string): asserts holds {
  if (!holds) throw new Violation(property, details());
}
