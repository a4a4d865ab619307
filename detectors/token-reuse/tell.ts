/** How token-reuse tells: each kind once of a token, with the later of two events as the trigger. */
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { FindingDraft, Out } from "../detector.ts";
import type { Cells, TokenRow } from "../token-row.ts";
import { noteTold, type ReuseColumns, toldBits } from "./columns.ts";
import type { TokenReuseSettings } from "./settings.ts";

/** The detector's columns of the agent and the token in hand. */
export interface Own {
  readonly agent: ReuseColumns;
  readonly token: Cells;
}

/** An event about a token, and all that it is judged by. */
export interface Scene {
  readonly token: TokenRow;
  readonly own: Own;
  readonly event: EventView;
  readonly settings: TokenReuseSettings;
  readonly out: Out;
}

/** An event that is kept: which, and when (ms since 1970). */
interface Moment {
  readonly eventId: string;
  readonly time: number;
}

/** Kinds in the order of their bits in `told`; only ever added to, because they are stored. */
const TOLD = [
  "audience-mismatch",
  "audience-probe",
  "use-after-expiry",
  "use-after-revocation",
  "used-in-two-places",
  "service-fan-out",
] as const;

/** The event in hand, as a moment. */
export const inHand = ({ event }: Scene): Moment => ({ eventId: event.id, time: event.time });

/** Tells a kind, unless it was told of this token before. Of `used` and the event in hand the later is the trigger. */
export function tell(
  scene: Scene,
  kind: (typeof TOLD)[number],
  used: Moment,
  told: Omit<FindingDraft, "kind" | "about" | "trigger">,
): void {
  const { own, event, out } = scene;
  const bit = 1 << TOLD.indexOf(kind);
  if ((toldBits(own.token) & bit) !== 0) return;
  noteTold(own.token, bit);
  const now = inHand(scene);
  const [earlier, trigger] = isBefore(now, used) ? [now, used] : [used, now];
  out.finding({
    kind,
    about: event.text(TEXT.publicId) || event.text(TEXT.hash),
    trigger,
    earlier: [earlier.eventId],
    ...told,
  });
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.time < other.time || (one.time === other.time && one.eventId < other.eventId);
}

/** A duration for people. */
export const duration = (ms: number) =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
