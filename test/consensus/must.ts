/** Fails the test if a promise is broken. The error names the promise. */
export function must(condition: boolean, promise: string): void {
  if (!condition) throw new Error(`broken: ${promise}`);
}
