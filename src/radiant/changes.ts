/**
 * Counts the changes of all facts that a radiant's decisions depend on. These are neighbours, members, roles,
 * configuration and disk. A part that decides, or that keeps a derived fact, repeats its work after the count has
 * grown. The passage of time is no change. Parts that depend on time check at every tick. An ordinary read or write
 * changes nothing.
 */
export class Changes {
  count = 0;

  note(): void {
    this.count += 1;
  }
}
