/**
 * The list with one more item, for the many short lists that agents keep: one that is pushed to gets room for sixteen
 * more, which is most of what ten thousand agents would take.
 */
export function longer<Item>(list: readonly Item[], item: Item): Item[] {
  const made = new Array<Item>(list.length + 1);
  for (let at = 0; at < list.length; at++) made[at] = list[at]!;
  made[list.length] = item;
  return made;
}
