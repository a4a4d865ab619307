/** Recorded events gathered into sessions. */
import { OffgraphError } from "../../../schemas/errors.ts";
import { EventView, TEXT, type TextColumn } from "../../../schemas/event-view.ts";
import type { Recorded } from "../../ports/recorded.ts";
import type { RecordedSession } from "./recording.ts";

/** Most calls that are held in memory: about 2 GB. */
const MOST_CALLS = 3_000_000;

/** Sessions that are being gathered, and how many calls they have. */
export interface Gathered {
  readonly sessions: Map<string, RecordedSession & { readonly lines: Buffer[] }>;
  calls: number;
}

/** Nothing gathered yet. */
export const nothingGathered = (): Gathered => ({ sessions: new Map(), calls: 0 });

/**
 * Gathers the sessions of a recording; those of an id that an earlier recording had are left out. Fails with `bad-request` if
 * they are too many for memory.
 */
export async function gatherSessions(
  into: Gathered,
  input: Recorded,
  onCalls: (calls: number) => void,
): Promise<void> {
  const earlier = new Set(into.sessions.keys());
  const view = new EventView(input.columns);
  while (await input.fill()) {
    while (input.isReady()) {
      const slot = input.take();
      view.columns = input.columns;
      add(into, view.move(slot), earlier);
      input.free(slot);
    }
    onCalls(into.calls);
  }
}

function add(into: Gathered, event: EventView, earlier: ReadonlySet<string>): void {
  const id = event.text(TEXT.session);
  if (event.kind !== "api.called" || earlier.has(id)) return;
  if (++into.calls > MOST_CALLS)
    throw new OffgraphError(
      "bad-request",
      `more than ${MOST_CALLS} calls: evaluate fewer sessions at a time`,
    );
  const known = into.sessions.get(id) ?? begin(event, id);
  into.sessions.set(id, known);
  known.lines.push(Buffer.from(event.line()));
}

function begin(event: EventView, id: string) {
  const given = (column: TextColumn) => event.text(column) || undefined;
  return {
    id,
    agent: event.text(TEXT.agent),
    workflow: given(TEXT.workflow),
    version: given(TEXT.version),
    trustUnit: given(TEXT.trustUnit),
    lines: [],
  };
}
