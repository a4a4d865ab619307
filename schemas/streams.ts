/** The only list of streams: what each carries and what it is keyed by. */
import { Action, ActionOutcome, Decision, Denial } from "./action.ts";
import { DeadLetter } from "./dead-letter.ts";
import { Event } from "./event.ts";
import { Finding } from "./finding.ts";
import { Derived } from "./origin.ts";

/** A compacted stream keeps at least the newest record of each key; how long the others are kept is a setting of the log (`kafka.retentionMs`). */
export const STREAMS = {
  events: { schema: Event, key: "tenant and agent", compacted: false },
  findings: { schema: Derived(Finding), key: "tenant and agent", compacted: false },
  decisions: { schema: Decision, key: "tenant and agent", compacted: false },
  actions: { schema: Derived(Action), key: "tenant and agent", compacted: false },
  outcomes: { schema: Derived(ActionOutcome), key: "tenant and agent", compacted: false },
  denials: { schema: Derived(Denial), key: "target", compacted: true },
  "dead-letters": { schema: DeadLetter, key: "source", compacted: false },
} as const;
export type StreamName = keyof typeof STREAMS;
export const STREAM_NAMES = Object.keys(STREAMS) as readonly StreamName[];
