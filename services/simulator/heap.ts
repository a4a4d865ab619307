/** A binary heap in an array, and the merging of sorted streams that it is for. */

/** Whether one item comes out before another. Must be a strict order; ties come out in no stated order. */
type Before<Item> = (one: Item, other: Item) => boolean;

/** Adds an item. */
export function push<Item>(heap: Item[], item: Item, before: Before<Item>): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !before(item, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = item;
}

/** Takes the first item out; undefined when the heap is empty. */
export function pop<Item>(heap: Item[], before: Before<Item>): Item | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return last;
  sink(heap, last, before);
  return first;
}

function sink<Item>(heap: Item[], item: Item, before: Before<Item>): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    let below = heap[child];
    const right = heap[child + 1];
    if (below !== undefined && right !== undefined && before(right, below)) {
      below = right;
      child++;
    }
    if (below === undefined || !before(below, item)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = item;
}

interface Head<Item> {
  readonly item: Item;
  readonly rest: Iterator<Item>;
  readonly stream: number;
}

/**
 * Merges sorted streams into one, holding one item of each. Items that are equal in order come out in the order of
 * their streams.
 */
export function* merge<Item>(
  streams: readonly Iterable<Item>[],
  before: Before<Item>,
): Generator<Item, void> {
  const earlier: Before<Head<Item>> = (one, other) =>
    before(one.item, other.item) || (!before(other.item, one.item) && one.stream < other.stream);
  const heap: Head<Item>[] = [];
  const advance = (rest: Iterator<Item>, stream: number) => {
    const result = rest.next();
    if (!result.done) push(heap, { item: result.value, rest, stream }, earlier);
  };
  for (const [stream, items] of streams.entries()) advance(items[Symbol.iterator](), stream);
  for (let head = pop(heap, earlier); head; head = pop(heap, earlier)) {
    yield head.item;
    advance(head.rest, head.stream);
  }
}
