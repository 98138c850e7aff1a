/**
 * Counts the changes of everything that a radiant decides on: neighbours, members, roles, configuration, disk and time.
 * A part that decides, or that keeps a derived fact, does so again after the count has grown. Every tick counts as a
 * change, because time has passed. An ordinary read or write changes nothing.
 */
export class Changes {
  count = 0;

  note(): void {
    this.count += 1;
  }
}
