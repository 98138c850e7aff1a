/** Fails the test with the name of the broken promise. */
export function must(condition: boolean, promise: string): void {
  if (!condition) throw new Error(`broken: ${promise}`);
}
