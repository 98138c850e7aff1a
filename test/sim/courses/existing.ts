/** Returns a value that a scenario relies on. @throws if the value is undefined, which is a bug of the scenario */
export function existing<Item>(item: Item | undefined): Item {
  if (item === undefined) throw new Error('a scenario needs a value that does not exist');
  return item;
}
