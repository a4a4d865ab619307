/** What the api keeps at hand: the newest findings and dead letters. Older ones come back with `offgraph replay`. */
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived } from "../../schemas/origin.ts";
import type { Stream } from "../ports/stream.ts";
import { followNewest, type Newest } from "./newest.ts";

export const MAX_FINDINGS = 10_000;
export const MAX_DEAD_LETTERS = 1_000;

/** The newest findings of this process's log; a finding that was sent again after a crash counts once. */
export function followFindings(stream: Stream): Newest<Finding> {
  const isRepeat = repeats();
  return followNewest<Finding>({
    stream,
    name: "findings",
    max: MAX_FINDINGS,
    idOf: (finding) => finding.id,
    read(record, partition) {
      const derived = record as Derived<Finding>;
      return isRepeat(derived, partition) ? undefined : derived.value;
    },
  });
}

/** The newest dead letters; they have no id of their own and are counted. */
export function followDeadLetters(stream: Stream): Newest<DeadLetter> {
  let count = 0;
  return followNewest<DeadLetter>({
    stream,
    name: "dead-letters",
    max: MAX_DEAD_LETTERS,
    idOf: () => String(count++),
    read: (record) => record as DeadLetter,
  });
}

/**
 * Keeps the highest origin per stage and upstream partition, and says whether a record lies at or below it.
 * Kept for each partition that is read, because only there the order of origins is the order of records.
 */
export function repeats(): (record: Derived<unknown>, partition: number) => boolean {
  const highest = new Map<string, readonly [position: number, index: number]>();
  return ({ origin }, partition) => {
    const key = `${partition} ${origin.partition} ${origin.stage}`;
    const [position, index] = highest.get(key) ?? [-1, -1];
    if (origin.position < position || (origin.position === position && origin.index <= index)) return true;
    highest.set(key, [origin.position, origin.index]);
    return false;
  };
}
