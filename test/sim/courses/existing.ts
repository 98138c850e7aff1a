/** @throws where there is none: a scenario has lost its thread */
export function existing<Item>(item: Item | undefined): Item {
  if (item === undefined) throw new Error('a scenario asked for something that is not there');
  return item;
}
