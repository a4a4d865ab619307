/** What fires in labelled sessions, in a form that can be kept beside the source and compared. */

/** Sessions of one kind of work or attack, and what fired in them. */
export interface Story {
  /** Sessions by label. */
  readonly sessions: Readonly<Record<string, number>>;
  /** By what fired: the sessions where it did, as `label session event`, in the order of the text. */
  readonly fired: Readonly<Record<string, readonly string[]>>;
  /** Shares between 0 and 1: the higher the better. */
  readonly figures: Readonly<Record<string, number>>;
}

/** All stories by name. */
export type Stories = Readonly<Record<string, Story>>;

/** Gathers what fires. */
export class Firing {
  readonly #fired = new Map<string, Set<string>>();

  add(what: string, label: string, session: string, event: number | string): void {
    const lines = this.#fired.get(what) ?? new Set();
    this.#fired.set(what, lines.add(`${label} ${session} ${event}`));
  }

  get(): Story["fired"] {
    const sorted = [...this.#fired].sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(sorted.map(([what, lines]) => [what, [...lines].sort()]));
  }
}
