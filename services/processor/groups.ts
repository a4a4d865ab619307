/** The versions of peer groups that a process judges by: read at the start and whenever the learner has added up another day. */
import { newBook, type PeerVersions } from "../../detectors/groups/book.ts";
import { dateOf, judging } from "../../detectors/groups/schedule.ts";
import { newestMade, readVersions } from "../group-versions.ts";
import type { Store } from "../ports/store.ts";

/** Versions at hand. */
export interface GroupBook {
  readonly groups: PeerVersions;
  /** Reads what is new; one small request if nothing is. */
  refresh(): Promise<void>;
  /** What is wrong if agents of a day (days since 1970) are judged by older versions than they should be; undefined if nothing is. */
  behindOn(day: number): string | undefined;
}

/** Before the first refresh it holds nothing. */
export function followGroups(store: Store): GroupBook {
  const book = newBook();
  let made = 0;
  let firstDay = Number.POSITIVE_INFINITY;
  return {
    groups: book,
    async refresh() {
      const newest = await newestMade(store);
      if (newest <= made) return;
      await readVersions(store, book);
      made = newest;
    },
    behindOn(day) {
      if (day > 0) firstDay = Math.min(firstDay, day);
      const wanted = judging(day);
      // Nobody could have added up a day before there were events.
      return made >= wanted || (made === 0 && wanted < firstDay) ? undefined : behind(made, wanted);
    },
  };
}

const behind = (made: number, wanted: number) =>
  `peer groups were added up ${made === 0 ? "never" : `last for ${dateOf(made)}`}, and today is judged by ${dateOf(wanted)}: see that a process with the role learner runs, and that no partition lags behind`;
