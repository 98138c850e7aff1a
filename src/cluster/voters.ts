/** Voters are an odd number: with an even one, as many fewer may be lost as with one voter less. */
export function largestOdd(count: number): number {
  return count % 2 === 1 ? count : Math.max(count - 1, 0);
}
