/** A promise that a run has seen broken. */
export class Violation extends Error {
  /** Which promise, in a few stable words. */
  readonly property: string;

  constructor(property: string, details: string) {
    super(`${property}: ${details}`);
    this.name = 'Violation';
    this.property = property;
  }
}

/** States a promise where it is checked. @throws {Violation} */
export function check(holds: boolean, property: string, details: () => string): asserts holds {
  if (!holds) throw new Violation(property, details());
}
