/** Records of several files in the order of their event times. */

export interface Timed {
  /** Event time, ms since 1970. */
  readonly timeMs: number;
}

/** Most records that wait for earlier ones, of one file; beyond it the earliest goes. */
const MAX_WAITING = 50_000;
const PIECE = 1000;

/** One file in order, as long as nothing in it is later than the lateness. Fails as the file does, after everything before. */
export async function* inTimeOrder<Item extends Timed>(
  items: AsyncIterable<Item>,
  latenessMs: number,
): AsyncGenerator<Item> {
  let waiting: Item[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  let fault: unknown;
  try {
    for await (const item of items) {
      newest = Math.max(newest, item.timeMs);
      waiting.splice(place(waiting, item.timeMs), 0, item);
      const due = Math.max(place(waiting, newest - latenessMs), waiting.length - MAX_WAITING);
      // Released in pieces: cutting the front off for each record would cost as much as all that wait.
      if (due < PIECE) continue;
      yield* waiting.slice(0, due);
      waiting = waiting.slice(due);
    }
  } catch (error) {
    fault = error;
  }
  yield* waiting;
  if (fault !== undefined) throw fault;
}

/** Where a time belongs: behind everything that is not later. */
function place(waiting: readonly Timed[], timeMs: number): number {
  let [from, to] = [0, waiting.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((waiting[middle]?.timeMs ?? 0) <= timeMs) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Several ordered files as one; of equal times, the file that was named first. */
export async function* merged<Item extends Timed>(
  files: readonly AsyncGenerator<Item>[],
): AsyncGenerator<Item> {
  const heads = await Promise.all(files.map(async (file) => ({ file, next: await file.next() })));
  for (;;) {
    const open = heads.filter(({ next }) => !next.done);
    const first = open.reduce<(typeof open)[number] | undefined>(
      (best, one) => (best && best.next.value.timeMs <= one.next.value.timeMs ? best : one),
      undefined,
    );
    if (first === undefined) return;
    yield first.next.value;
    first.next = await first.file.next();
  }
}
