/** One line in the log for each grave finding, each action and each outcome, from now on. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Action, ActionOutcome } from "../schemas/action.ts";
import type { Finding } from "../schemas/finding.ts";
import type { Derived } from "../schemas/origin.ts";
import type { Service } from "./http.ts";
import type { RecordBatch, Stream, Subscription } from "./ports/stream.ts";

const STREAMS = ["findings", "actions", "outcomes"] as const;

export function startJournal(stream: Stream, logger: Logger): Service {
  const group = `journal-${randomUUID()}`;
  const lines = { findings: logFinding, actions: logAction, outcomes: logOutcome };
  const follow = (name: (typeof STREAMS)[number]): Subscription =>
    stream.consume(name, group, {
      assigned: (partition) => stream.end(name, partition),
      async batch(batch) {
        for (const value of valuesOf(batch)) lines[name](logger, value as Finding & Action & ActionOutcome);
      },
      revoked: async () => {},
    });
  const subscriptions = STREAMS.map(follow);
  return {
    waitingFor: () => undefined,
    stop: async () => void (await Promise.all(subscriptions.map((one) => one.stop()))),
    done: Promise.all(subscriptions.map((one) => one.done)).then(() => undefined),
  };
}

function* valuesOf(batch: RecordBatch): Generator<unknown> {
  for (let at = 0; at < batch.count; at++) {
    yield (JSON.parse(batch.bytes.toString("utf8", batch.starts[at], batch.ends[at])) as Derived<unknown>)
      .value;
  }
}

function logFinding(logger: Logger, { id, detector, kind, severity, agent, summary }: Finding): void {
  if (severity === "high" || severity === "critical")
    logger.warn({ finding: id, detector, kind, severity, agent }, summary);
}

function logAction(logger: Logger, { id, kind, mode, step, agent, target, incident, reason }: Action): void {
  logger.warn({ action: id, kind, mode, step, agent, target, incident }, reason);
}

function logOutcome(
  logger: Logger,
  { action, kind, result, point, agent, target, detail }: ActionOutcome,
): void {
  logger.warn({ action, kind, result, point, agent, target }, detail ?? `${kind} ${result} at ${point}`);
}
