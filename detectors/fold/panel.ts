/** The detectors that judge, in the order of the catalogue, and what they all are told. */
import type { BaselineDecision } from "../../schemas/event.ts";
import type { EventView } from "../../schemas/event-view.ts";
import type { Caps, Detector } from "../detector.ts";
import type { AgentRow, SessionRow } from "../rows.ts";
import type { TokenRow } from "../token-row.ts";
import { DetectorFailure } from "./judge.ts";

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

/** A session is over: detectors learn from it. Fails with DetectorFailure if one throws; so do the next two. */
export function tellSessionEnded(
  { detectors, settings, caps, without, isSettled }: Panel,
  row: SessionRow,
): void {
  if (isSettled) return;
  const { agent, own } = row;
  for (let at = 0; at < detectors.length; at++) {
    const detector = detectors[at]!;
    if (detector.sessionEnded === undefined || without?.has(detector.id)) continue;
    try {
      detector.sessionEnded(agent, agent.own[at], row, own[at], settings[at], caps);
      noteBaseline(detector, agent, at);
    } catch (cause) {
      throw new DetectorFailure(detector.id, cause);
    }
  }
}

/** A token's row is about to go. */
export function tellTokenEnded(
  { detectors, settings, without }: Panel,
  agent: AgentRow,
  row: TokenRow,
): void {
  for (let at = 0; at < detectors.length; at++) {
    const detector = detectors[at]!;
    if (detector.tokenEnded === undefined || without?.has(detector.id)) continue;
    try {
      detector.tokenEnded(agent, agent.own[at], row, row.own[at]!, settings[at]);
    } catch (cause) {
      throw new DetectorFailure(detector.id, cause);
    }
  }
}

/** The agent's clock is about to pass into a new day: what it had learned by then is kept for its peers. */
export function tellBeforeEpoch(
  { detectors, settings, without, isSettled }: Panel,
  agent: AgentRow,
  epoch: number,
): void {
  if (isSettled) return;
  for (let at = 0; at < detectors.length; at++) {
    const detector = detectors[at]!;
    if (detector.beforeEpoch === undefined || without?.has(detector.id)) continue;
    try {
      detector.beforeEpoch(agent, agent.own[at], epoch, settings[at]);
    } catch (cause) {
      throw new DetectorFailure(detector.id, cause);
    }
  }
}

/** The agent's clock has passed into a new day: candidates become baseline. */
export function tellEpochEnded(
  { detectors, settings, without, isSettled }: Panel,
  agent: AgentRow,
  epoch: number,
): void {
  if (isSettled) return;
  for (let at = 0; at < detectors.length; at++) {
    const detector = detectors[at]!;
    if (detector.epochEnded === undefined || without?.has(detector.id)) continue;
    try {
      detector.epochEnded(agent, agent.own[at], epoch, settings[at]);
      noteBaseline(detector, agent, at);
    } catch (cause) {
      throw new DetectorFailure(detector.id, cause);
    }
  }
}

/** A person has decided about what was learned of an agent. */
export function tellDecided(
  { detectors, settings, caps, without, isSettled }: Panel,
  agent: AgentRow,
  decision: BaselineDecision,
  event: EventView,
): void {
  if (isSettled) return;
  for (let at = 0; at < detectors.length; at++) {
    const detector = detectors[at]!;
    if (detector.decided === undefined || without?.has(detector.id)) continue;
    try {
      detector.decided(agent.own[at], decision, event, settings[at], caps);
      noteBaseline(detector, agent, at);
    } catch (cause) {
      throw new DetectorFailure(detector.id, cause);
    }
  }
}

/** Findings say by which baseline they were judged, so it stands in a shared column, which the fold alone writes. */
function noteBaseline(detector: Detector, agent: AgentRow, at: number): void {
  if (detector.baselineVersion !== undefined) agent.baselineVersion = detector.baselineVersion(agent.own[at]);
}

/** Learning is over by decree. */
export function tellSettled({ detectors, settings }: Panel, { own }: AgentRow): void {
  for (const [at, detector] of detectors.entries()) detector.settle?.(own[at], settings[at]);
}
