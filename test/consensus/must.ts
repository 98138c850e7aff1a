/** A promise that was broken fails the test at once, by name. */
export function must(condition: boolean, promise: string): void {
  if (!condition) throw new Error(`broken: ${promise}`);
}
