/** One detector at one event: it is handed the rows, and what it says is made whole. */
import type { EventView } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Detector, Draft, Out, Rows } from "../detector.ts";
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

/** A detector's place in the fold: what it is called with, made once and filled anew for every event. */
export interface Seat {
  readonly detector: Detector;
  readonly settings: unknown;
  /** Where its columns stand in `own` of each row. */
  readonly at: number;
  readonly rows: MutableRows;
  readonly out: Out;
  event: EventView | undefined;
  emit: ((finding: Finding) => void) | undefined;
}

interface MutableRows extends Rows<unknown, unknown> {
  agent: AgentRow;
  session: SessionRow;
  token: TokenRow | undefined;
  own: { agent: unknown; session: unknown; token: Cells };
}

const NOBODY = agentRow("", "", 0, 0);
const NO_SESSION = sessionRow(NOBODY, 0, 0, "", 0, []);
const [NO_TOKEN] = new TokenRow([NO_CELLS]).own as [Cells];

/** The seat of the `at`-th detector. */
export function seat(detector: Detector, settings: unknown, at: number, provenance: Provenance): Seat {
  const own = { agent: undefined, session: undefined, token: NO_TOKEN };
  const rows: MutableRows = { agent: NOBODY, session: NO_SESSION, token: undefined, own };
  const out: Out = { finding: (draft) => tell(taken, draft, provenance) };
  const taken: Seat = { detector, settings, at, rows, out, event: undefined, emit: undefined };
  return taken;
}

/** Lets the detector judge. Fails with DetectorFailure if it throws. */
export function judge(
  seat: Seat,
  agent: AgentRow,
  session: SessionRow,
  token: TokenRow | undefined,
  event: EventView,
  emit: (finding: Finding) => void,
): void {
  const { rows, at } = seat;
  rows.agent = agent;
  rows.session = session;
  rows.token = token;
  rows.own.agent = agent.own[at];
  rows.own.session = session.own[at];
  if (token !== undefined) rows.own.token = token.own[at]!;
  seat.event = event;
  seat.emit = emit;
  try {
    seat.detector.step(rows, event, seat.settings, seat.out);
  } catch (cause) {
    throw new DetectorFailure(seat.detector.id, cause);
  }
}

function tell({ detector, rows, event, emit }: Seat, draft: Draft, provenance: Provenance): void {
  if (event === undefined || emit === undefined) return;
  // From here on the session teaches no baseline.
  rows.session.flagged = true;
  emit(complete(detector, draft, rows, event, provenance));
}
