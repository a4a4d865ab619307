/** The detectors that judge, in the order of the catalogue, and what they all are told. */
import type { BaselineDecision } from "../../schemas/event.ts";
import type { EventView } from "../../schemas/event-view.ts";
import type { Caps, Detector } from "../detector.ts";
import type { AgentRow, SessionRow } from "../rows.ts";
import type { TokenRow } from "../token-row.ts";
import { DetectorFailure } from "./hearing.ts";

/** The detectors of a fold; `settings[i]` are those of `detectors[i]`, and so are `own[i]` of each row. */
export interface Panel {
  readonly detectors: readonly Detector[];
  readonly settings: readonly unknown[];
  readonly caps: Caps;
  /** Detectors left out at the event in hand. */
  without: ReadonlySet<string> | undefined;
  /** Learning was ended: detectors are told no more of the end of sessions and epochs. */
  isSettled: boolean;
}

/** Columns of all detectors for a new row; made at full length, because a list that grows takes several times its room. */
export function startColumns({ detectors, settings }: Panel, of: "agent" | "session"): unknown[] {
  const own = new Array(detectors.length);
  for (let at = 0; at < detectors.length; at++) own[at] = detectors[at]?.columns[of].start(settings[at]);
  return own;
}

/** Makes the columns of a session that has ended like new. */
export function restartColumns({ detectors, settings }: Panel, { own }: SessionRow): void {
  for (let at = 0; at < detectors.length; at++) {
    const { session } = detectors[at]!.columns;
    if (session.restart !== undefined) session.restart(own[at], settings[at]);
    else {
      session.end?.(own[at]);
      own[at] = session.start(settings[at]);
    }
  }
}

/** Gives back what the columns of a row hold, because it is let go. */
export function endColumns(detectors: readonly Detector[], of: "agent" | "session", own: unknown[]): void {
  for (let at = 0; at < own.length; at++) detectors[at]?.columns[of].end?.(own[at]);
}

/** Tells each detector that is not left out; fails with DetectorFailure if one throws. Not for every event: it takes a closure. */
function tellEach({ detectors, without }: Panel, tell: (detector: Detector, at: number) => void): void {
  for (let at = 0; at < detectors.length; at++) {
    const detector = detectors[at]!;
    if (without?.has(detector.id)) continue;
    try {
      tell(detector, at);
    } catch (cause) {
      throw new DetectorFailure(detector.id, cause);
    }
  }
}

/** A session is over: detectors learn from it. Fails with DetectorFailure if one throws; so does all that is told below. */
export function tellSessionEnded(panel: Panel, row: SessionRow): void {
  const { settings, caps, isSettled } = panel;
  if (isSettled) return;
  const { agent, own } = row;
  tellEach(panel, (detector, at) => {
    detector.sessionEnded?.(agent, agent.own[at], row, own[at], settings[at], caps);
    noteBaseline(detector, agent, at);
  });
}

/** A token's row is about to go. */
export function tellTokenEnded(panel: Panel, agent: AgentRow, row: TokenRow): void {
  const { settings } = panel;
  tellEach(panel, (detector, at) =>
    detector.tokenEnded?.(agent, agent.own[at], row, row.own[at]!, settings[at]),
  );
}

/** The agent's clock is about to pass into a new day: what it had learned by then is kept for its peers. */
export function tellBeforeEpoch(panel: Panel, agent: AgentRow, epoch: number): void {
  const { settings, isSettled } = panel;
  if (isSettled) return;
  tellEach(panel, (detector, at) => detector.beforeEpoch?.(agent, agent.own[at], epoch, settings[at]));
}

/** The agent's clock has passed into a new day: candidates become baseline. */
export function tellEpochEnded(panel: Panel, agent: AgentRow, epoch: number): void {
  const { settings, isSettled } = panel;
  if (isSettled) return;
  tellEach(panel, (detector, at) => {
    detector.epochEnded?.(agent, agent.own[at], epoch, settings[at]);
    noteBaseline(detector, agent, at);
  });
}

/** A person has decided about what was learned of an agent. */
export function tellDecided(
  panel: Panel,
  agent: AgentRow,
  decision: BaselineDecision,
  event: EventView,
): void {
  const { settings, caps, isSettled } = panel;
  if (isSettled) return;
  tellEach(panel, (detector, at) => {
    detector.decided?.(agent.own[at], decision, event, settings[at], caps);
    noteBaseline(detector, agent, at);
  });
}

/** Learning is over by decree. */
export function tellSettled(panel: Panel, { own }: AgentRow): void {
  tellEach(panel, (detector, at) => detector.settle?.(own[at], panel.settings[at]));
}

/** Findings say by which baseline they were judged, so it stands in a shared column, which the fold alone writes. */
function noteBaseline(detector: Detector, agent: AgentRow, at: number): void {
  if (detector.baselineVersion !== undefined) agent.baselineVersion = detector.baselineVersion(agent.own[at]);
}
