/**
 * Counts the changes of everything that a radiant decides on: neighbours, members, roles, configuration and disk. A part
 * that decides, or that keeps a derived fact, does so again after the count has grown. The passage of time is no change;
 * parts that depend on it look at every tick. An ordinary read or write changes nothing.
 */
export class Changes {
  count = 0;

  note(): void {
    this.count += 1;
  }
}
