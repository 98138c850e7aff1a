/** A promise that a run has broken. */
export class Violation extends Error {
  /** Stable name of the broken promise. */
  readonly property: string;

  constructor(property: string, details: string) {
    super(`${property}: ${details}`);
    this.name = 'Violation';
    this.property = property;
  }
}

/**
 * Fails the run if a promise does not hold.
 * @throws {Violation}
 */
export function check(holds: boolean, property: string, details: () => string): asserts holds {
  if (!holds) throw new Violation(property, details());
}
