/**
 * Recorded agent sessions: one record is one session, and becomes one `api.called` for each tool call.
 * Labels never reach an event; they are given to `truth` as they stand.
 */
import { z } from "zod";
import { AgentId, NAME_LENGTH, text } from "../../../schemas/ids.ts";
import type { EventDraft, Source } from "../source.ts";
import { operationTier } from "../tier.ts";
import { isObject, parse, unknownRecord } from "./parse.ts";
import { fieldName, targetsOf } from "./session-targets.ts";

/** Times are made up by a rule, because recordings have none: see `about`. */
const START_MS = Date.parse("2026-01-01T00:00:00Z");
const SESSION_MS = 60_000;
const CALL_MS = 2000;
/** Most calls of one session; the rule keeps them at least 6 ms apart. */
const MAX_CALLS = 10_000;

const Call = z.tuple(
  [
    text(NAME_LENGTH),
    text(NAME_LENGTH),
    z.record(z.string(), z.unknown()).nullable(),
    z.enum(["ok", "error", "denied", "unknown_tool", "none"]),
    z.record(z.string(), z.string().regex(/^[pon]{1,3}$/, "must be letters of p, o, n")).nullish(),
  ],
  z.unknown(), // the sixth element is a label
);
type Call = z.infer<typeof Call>;

const Session = z.looseObject({
  id: text(240),
  agent: AgentId,
  model: text(120).optional(),
  defense: text(120).optional(),
  workflow: text(NAME_LENGTH).optional(),
  ev: z.array(Call).max(MAX_CALLS),
});
type Session = z.infer<typeof Session>;

const OUTCOMES = {
  ok: { result: "ok" },
  error: { result: "error" },
  denied: { result: "denied" },
  unknown_tool: { result: "error", reason: "unknown_tool" },
  none: undefined, // no output was recorded, so nobody knows
} as const;

/** Several letters mean a list with values of several origins: the one that a stranger can write wins. */
function originOf(letters: string): "request" | "output" | "neither" {
  if (letters.includes("o")) return "output";
  return letters.includes("n") ? "neither" : "request";
}

function provenanceOf(letters: Call[4]): Record<string, "request" | "output" | "neither"> | undefined {
  const entries = Object.entries(letters ?? {}).flatMap(([name, origin]) => {
    const field = fieldName(name);
    return field ? [[field, originOf(origin)] as const] : [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function timeOf(ordinal: number, index: number, calls: number): string {
  const spacingMs = Math.min(CALL_MS, Math.floor(SESSION_MS / calls));
  return new Date(START_MS + ordinal * SESSION_MS + index * spacingMs).toISOString();
}

const buildOf = ({ model, defense }: Session) =>
  [model, defense].filter((part) => part !== undefined).join("+") || undefined;

function eventOf(session: Session, call: Call, ordinal: number, index: number): EventDraft {
  const [service, name, args, outcome, letters] = call;
  const build = buildOf(session);
  return {
    kind: "api.called",
    id: `${session.id}#${index}`,
    time: timeOf(ordinal, index, session.ev.length),
    agent: { id: session.agent, version: build },
    trustUnit: build,
    workflow: session.workflow,
    session: session.id,
    operation: {
      service,
      name,
      tier: operationTier(service, name),
      targets: targetsOf(args),
      provenance: provenanceOf(letters),
    },
    outcome: OUTCOMES[outcome],
  };
}

/** Everything that scores a detector and that no detector may see, and which session it is of. */
function labelsOf(session: Session): object {
  const { id, agent, workflow, label, commit, inj, utility, success, dur, t0, trial } = session;
  const malicious = session.ev.flatMap((call, index) => (call[5] ? [index] : []));
  const labels = { label, commit, inj, utility, success, dur, t0, trial, malicious };
  return { session: id, agent, workflow, version: buildOf(session), ...labels };
}

export const sessions: Source = {
  name: "sessions",
  title: "Recorded agent sessions (AgentDyn, tau-bench)",
  about: `Reads one session per record: {id, agent, model, defense, workflow, ev: [[service, action, args, outcome, provenance], ...]}.
Each call becomes one \`api.called\`, id \`<session>#<index from 0>\`; version and trust unit are \`<model>+<defense>\`.
Times are made up, the order is real: record k of a file or partition (from 0) starts at 2026-01-01T00:00:00Z + k * 60 s, and its n calls
follow each other by 2 s, or by 60 s / n if n > 30, so that sessions never overlap.
Targets are argument values that are text, numbers, elements of lists, or fields of a JSON object one level deep; at most 16, each
at most 120 characters. Longer text is content and is dropped, so are yes/no values, arguments whose name says password, one-time
code, secret or token, and text that speaks of one. The fields of a form (input_ids, input_values) count under their own names.
Provenance: p request, o output, n neither; of several, o before n before p.
Outcome: unknown_tool is an error with that reason; none (no output recorded) has no outcome.
Lost: content, the text of answers, true times. Labels (label, inj, commit, utility, success, malicious) never reach an event.`,
  open: ({ truth } = {}) => {
    let records = 0;
    return (record, ordinal = records++) => {
      if (!isObject(record) || !("ev" in record))
        return unknownRecord("not a recorded session: it has no `ev`");
      const parsed = parse(Session, record);
      if ("refused" in parsed) return { events: [], refused: parsed.refused };
      const session = parsed.value;
      truth?.(labelsOf(session));
      return { events: session.ev.map((call, index) => eventOf(session, call, ordinal, index)) };
    };
  },
};
