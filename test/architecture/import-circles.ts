/**
 * Finds groups of files that import each other, directly or through other files. They are strongly connected
 * components, found with Tarjan's algorithm.
 */
export function importCircles(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const search = new CircleSearch(imports);
  for (const path of imports.keys()) search.visit(path);
  return search.circles;
}

class CircleSearch {
  readonly circles: (readonly string[])[] = [];
  readonly #imports: ReadonlyMap<string, readonly string[]>;
  readonly #numbers = new Map<string, number>();
  /** Visited files whose component is not complete yet. */
  readonly #open: string[] = [];

  constructor(imports: ReadonlyMap<string, readonly string[]>) {
    this.#imports = imports;
  }

  /** Visits a file and all files that it imports. @returns the lowest number of an open file that the path reaches */
  visit(path: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return this.#open.includes(path) ? known : Number.POSITIVE_INFINITY;
    const number = this.#numbers.size;
    this.#numbers.set(path, number);
    this.#open.push(path);
    const targets = (this.#imports.get(path) ?? []).filter((target) => this.#imports.has(target));
    const lowest = Math.min(number, ...targets.map((target) => this.visit(target)));
    if (lowest < number) return lowest;
    const circle = this.#open.splice(this.#open.indexOf(path)).toSorted();
    if (circle.length > 1) this.circles.push(circle);
    return lowest;
  }
}
