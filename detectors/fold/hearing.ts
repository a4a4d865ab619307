/** The detectors at one event: each is handed the rows, and what it says is made whole. */
import type { EventView } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Detector, FindingDraft, Out, Rows, Scored, Standing } from "../detector.ts";
import type { PeerVersions } from "../groups/book.ts";
import { type AgentRow, agentRow, type SessionRow, sessionRow } from "../rows.ts";
import { type Cells, NO_CELLS, TokenRow } from "../token-row.ts";
import { complete, type Provenance } from "./complete.ts";

/** A detector threw: a broken promise. The caller drops the working set and folds again without it. */
export class DetectorFailure extends Error {
  readonly detector: string;
  constructor(detector: string, cause: unknown) {
    super(`detector ${detector} failed`, { cause });
    this.name = "DetectorFailure";
    this.detector = detector;
  }
}

/** A detector's place in the fold: what it is called with. */
export interface Seat {
  readonly detector: Detector;
  readonly settings: unknown;
  /** Where its columns stand in `own` of each row. */
  readonly at: number;
  readonly out: Out;
}

/** What the detectors are handed, made once and filled anew for every event. */
interface Hearing {
  readonly rows: MutableRows;
  event: EventView | undefined;
  emit: ((finding: Finding) => void) | undefined;
  /** Sessions that are scored, by how they stand. */
  readonly standings: Record<Standing, number>;
}

interface MutableRows extends Rows<unknown, unknown> {
  agent: AgentRow;
  session: SessionRow;
  token: TokenRow | undefined;
  groups: PeerVersions | undefined;
  own: { agent: unknown; session: unknown; token: Cells };
}

const NOBODY = agentRow("", "", 0, 0, []);
const NO_SESSION = sessionRow(NOBODY, 0, 0, "", 0, []);
const [NO_TOKEN] = new TokenRow([NO_CELLS]).own as [Cells];

/** A hearing before the first event. */
export const hearing = (groups: PeerVersions | undefined): Hearing => ({
  rows: {
    agent: NOBODY,
    session: NO_SESSION,
    token: undefined,
    groups,
    own: { agent: undefined, session: undefined, token: NO_TOKEN },
  },
  event: undefined,
  emit: undefined,
  standings: { calibration: 0, judged: 0, learning: 0, budget: 0 },
});

/** The seat of the `at`-th detector. */
export function seat(
  detector: Detector,
  settings: unknown,
  at: number,
  heard: Hearing,
  provenance: Provenance,
  onScored: OnScored | undefined,
): Seat {
  const { rows, standings } = heard;
  return {
    detector,
    settings,
    at,
    out: {
      finding: (draft) => tell(detector, heard, draft, provenance, settings),
      stands: (standing) => {
        standings[standing]++;
      },
      scored: onScored === undefined ? undefined : (scored) => onScored(scored, rows.agent, rows.session),
    },
  };
}

/** Who listens to scores, as they are given at each call; rows and score are valid until the next. */
export type OnScored = (scored: Scored, agent: AgentRow, session: SessionRow) => void;

/**
 * Lets the detectors judge the event that is heard, all but those in `without`, and of a late one only those that hear
 * late events. Fails with DetectorFailure if one throws.
 */
export function hear(
  seats: readonly Seat[],
  { rows }: Hearing,
  event: EventView,
  isLate: boolean,
  without: ReadonlySet<string> | undefined,
): void {
  const { agent, session, token, own } = rows;
  for (let i = 0; i < seats.length; i++) {
    const { detector, settings, at, out } = seats[i]!;
    if ((isLate && !detector.hearsLate) || without?.has(detector.id)) continue;
    own.agent = agent.own[at];
    own.session = session.own[at];
    if (token !== undefined) own.token = token.own[at]!;
    try {
      detector.step(rows, event, settings, out);
    } catch (cause) {
      throw new DetectorFailure(detector.id, cause);
    }
  }
}

function tell(
  detector: Detector,
  { rows, event, emit }: Hearing,
  draft: FindingDraft,
  provenance: Provenance,
  settings: unknown,
): void {
  if (event === undefined || emit === undefined) return;
  // From here on the session teaches no baseline.
  rows.session.flagged = true;
  const said = detector.amended?.(rows, draft, event, settings) ?? draft;
  emit(complete(detector, said, rows, event, provenance));
}
