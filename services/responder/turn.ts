/** One batch folded: which records are new, the states of their agents, each record's step, and what comes out of all of them. */
import type { Span } from "@opentelemetry/api";
import type { Action, ActionOutcome, Decision } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived, Highest, Passage } from "../../schemas/origin.ts";
import type { Store } from "../ports/store.ts";
import type { RecordBatch } from "../ports/stream.ts";
import { newIn, recordValues } from "../records.ts";
import { traceparentOf } from "../telemetry/tracing.ts";
import type { Bucket } from "./cap.ts";
import { onDecision } from "./on-decision.ts";
import { onFinding, wouldAct } from "./on-finding.ts";
import { onOutcome } from "./on-outcome.ts";
import type { RolloutOf } from "./rollout-register.ts";
import {
  type AgentState,
  type AuditRecord,
  dropped,
  newAgent,
  type ResponderContext,
  type StateChange,
} from "./state.ts";
import { agentGroup, type InputStream, loadAgents } from "./stored.ts";
import { spanOf } from "./traces.ts";

/** A record that was not absorbed before. */
export type ResponderRecord = { readonly position: number } & Passage &
  (
    | { readonly from: "findings"; readonly value: Finding }
    | { readonly from: "decisions"; readonly value: Decision }
    | { readonly from: "outcomes"; readonly value: ActionOutcome }
  );

/** What comes out of a batch. */
interface FoldedBatch {
  readonly states: ReadonlyMap<string, AgentState>;
  /** Actions to send, each with its origin. */
  readonly actions: readonly Derived<Action>[];
  readonly audit: readonly AuditRecord[];
  /** One for each record; they end when all of this is durable. */
  readonly spans: readonly Span[];
}

interface FoldOptions {
  readonly store: Store;
  readonly partition: number;
  readonly bucket: Bucket;
  readonly rolloutOf: RolloutOf;
  readonly settings: ResponderContext["settings"];
  readonly causes: ResponderContext["causes"];
  readonly nowMs: number;
}

/**
 * The records of a batch that are not repeats; `highest` is moved on. A decision is a person's and carries no origin:
 * whoever sends it twice has decided twice.
 */
export function arrivals(from: InputStream, batch: RecordBatch, highest: Highest): ResponderRecord[] {
  const found = from === "decisions" ? recordValues(batch) : newIn(batch, highest);
  return found.map((arrival) => ({ from, ...arrival }) as ResponderRecord);
}

/** Folds the records into their agents' states. Nothing is written but the bucket of automatic actions and the register of peer groups. */
export async function fold(records: readonly ResponderRecord[], options: FoldOptions): Promise<FoldedBatch> {
  const groups = [...new Set(records.map(({ value }) => agentGroup(value)))];
  const states = await loadAgents(options.store, options.partition, groups);
  const actions: Derived<Action>[] = [];
  const audit: AuditRecord[] = [];
  const spans: Span[] = [];
  for (const record of records) {
    const group = agentGroup(record.value);
    const state = states.get(group) ?? newAgent(record.value.tenant, record.value.agent);
    const span = spanOf(record, state, options.causes);
    const trace = traceparentOf(span);
    const step = await stepOf(state, record, { ...options, trace });
    spans.push(span);
    states.set(group, step.state);
    audit.push(...step.audit, ...dropped(state, step.state));
    // Positions of different streams are not comparable, so each stream is a stage of its own.
    const origin = {
      stage: `responder:${record.from}`,
      partition: options.partition,
      position: record.position,
    };
    const { foundAtMs } = record;
    actions.push(
      ...step.actions.map((value, index) => ({ origin: { ...origin, index }, trace, foundAtMs, value })),
    );
  }
  return { states, actions, audit, spans };
}

type StepOptions = FoldOptions & Pick<ResponderContext, "trace">;

async function stepOf(
  state: AgentState,
  record: ResponderRecord,
  options: StepOptions,
): Promise<StateChange> {
  const { settings, causes, nowMs, trace } = options;
  const context: ResponderContext = { settings, causes, nowMs, capped: false, trace };
  switch (record.from) {
    case "findings":
      return stepOfFinding(state, record.value, context, options);
    case "decisions":
      return onDecision(state, record.value, context);
    case "outcomes":
      return onOutcome(state, record.value, context);
  }
}

async function stepOfFinding(
  state: AgentState,
  finding: Finding,
  context: ResponderContext,
  options: StepOptions,
): Promise<StateChange> {
  const rollout = await options.rolloutOf(finding, options.nowMs);
  // Nothing is done in a roll-out, so nothing is taken from the bucket.
  const capped = rollout === undefined && (await isCapped(state, finding, context, options));
  return onFinding(state, finding, { ...context, capped, rollout });
}

async function isCapped(
  state: AgentState,
  finding: Finding,
  context: ResponderContext,
  options: FoldOptions,
): Promise<boolean> {
  if (!wouldAct(state, finding, context)) return false;
  const { tenant, agent } = finding;
  const max = options.settings.responder.maxActionsPer10Min;
  return !(await options.bucket({
    tenant,
    agent,
    nowMs: options.nowMs,
    max,
  }));
}
