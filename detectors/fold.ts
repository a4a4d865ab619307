/**
 * One event through the catalogue: rows in; rows changed in place, findings out. As pure as the detectors are: the
 * same events in the same order give the same findings, live or replayed.
 */
import { EVENT_KINDS } from "../schemas/event.ts";
import { type EventView, TEXT } from "../schemas/event-view.ts";
import type { Finding } from "../schemas/finding.ts";
import type { Detector, Standing } from "./detector.ts";
import { absorb, agentOf, isRepeat } from "./fold/agents.ts";
import type { Provenance } from "./fold/complete.ts";
import { decide } from "./fold/decisions.ts";
import { hear, hearing, type OnScored, type Seat, seat } from "./fold/hearing.ts";
import { type Panel, tellSettled } from "./fold/panel.ts";
import { endSessions, sessionOf } from "./fold/sessions.ts";
import { passTime } from "./fold/time.ts";
import { tokenOf } from "./fold/tokens.ts";
import type { WorkingSet } from "./fold/working-set.ts";
import type { PeerVersions } from "./groups/book.ts";

/** What the fold itself is told. */
interface FoldSettings {
  /** An event older than its agent's clock less this updates token facts, never baselines. */
  readonly latenessMs: number;
  readonly onScored?: OnScored | undefined;
  readonly groups?: PeerVersions | undefined;
}

/** What became of an event. */
type Fate = "folded" | "late" | "duplicate" | "skipped";

/** The detectors at work. */
export interface Fold {
  /** Counted since the fold was made. */
  readonly caps: Panel["caps"];
  /** Sessions that were scored since the fold was made, by whether they were judged and why not. */
  readonly standings: Readonly<Record<Standing, number>>;
  /**
   * Folds one event at a position; an agent that is not in the set is begun. `without` names detectors to leave out.
   * Without `emit` nothing is said, and all sessions are learned from: the history is known to be good.
   * Fails with DetectorFailure if one throws; the set is then of no more use.
   */
  step(
    set: WorkingSet,
    event: EventView,
    position: number,
    emit: ((finding: Finding) => void) | undefined,
    without?: ReadonlySet<string>,
  ): Fate;
  /** Ends all sessions, and with them learning: what they have shown is the baseline from now on, and nothing is added to it. */
  settle(set: WorkingSet): void;
}

const NO_SEATS: readonly Seat[] = [];
const DECISION = EVENT_KINDS.indexOf("decision.made");

/** Makes a fold of these detectors; `detectorSettings` are in the same order. */
export function createFold(
  detectors: readonly Detector[],
  detectorSettings: readonly unknown[],
  { latenessMs, onScored, groups }: FoldSettings,
  provenance: Provenance,
): Fold {
  const caps = { sessions: 0, tokens: 0, held: 0, revocations: 0, words: 0, learned: 0 };
  const panel: Panel = { detectors, settings: detectorSettings, caps, without: undefined, isSettled: false };
  const heard = hearing(groups);
  const seats = detectors.map((detector, at) =>
    seat(detector, detectorSettings[at], at, heard, provenance, onScored),
  );
  const routes = EVENT_KINDS.map((kind) => seats.filter(({ detector }) => detector.on.includes(kind)));
  return {
    caps: panel.caps,
    standings: heard.standings,
    step(set, event, position, emit, without) {
      if (!event.has(TEXT.agent)) return "skipped";
      const agent = agentOf(panel, set, event);
      if (position <= agent.position) return "skipped";
      absorb(panel, set, agent, position);
      panel.without = without;
      if (isRepeat(agent, event)) return "duplicate";
      if (event.kindIndex === DECISION) {
        decide(panel, set, agent, event);
        return "folded";
      }
      const isLate = event.time < agent.clock - latenessMs;
      if (event.time > agent.clock) passTime(panel, set, agent, event);
      heard.event = event;
      heard.emit = emit;
      heard.rows.agent = agent;
      heard.rows.session = sessionOf(panel, set, agent, event, isLate);
      heard.rows.token = tokenOf(panel, set, agent, event);
      hear(routes[event.kindIndex] ?? NO_SEATS, heard, event, isLate, without);
      return isLate ? "late" : "folded";
    },
    settle(set) {
      for (const agent of set.agents.values()) {
        endSessions(panel, set, agent);
        tellSettled(panel, agent);
      }
      panel.isSettled = true;
    },
  };
}
