/** One line in the log for each grave finding, each action and each outcome, from now on. */
import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Action, ActionOutcome } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import { type Derived, type Highest, isNew } from "../../schemas/origin.ts";
import type { StreamName } from "../../schemas/streams.ts";
import type { Service } from "../http.ts";
import type { RecordBatch, Stream, Subscription } from "../ports/stream.ts";
import { recordValues } from "../records.ts";

/** Records before the end of a partition whose origins are noted: what a service appends again when it starts is among them. */
const NOTED_RECORDS = 1000;

/** Begins at the end of the log, in a group of its own: every process with a journal tells everything. */
export function startJournal(stream: Stream, logger: Logger): Service {
  const group = `journal-${randomUUID()}`;
  const follow = <Value>(name: StreamName, log: (logger: Logger, value: Value) => void): Subscription => {
    const seen: Highest = new Map();
    return stream.consume(name, group, {
      async assigned(partition) {
        const end = await stream.end(name, partition);
        const from = Math.max(0, end - NOTED_RECORDS);
        for await (const batch of stream.read(name, partition, from)) newIn<Value>(batch, seen, end);
        return end;
      },
      async batch(batch) {
        for (const value of newIn<Value>(batch, seen)) log(logger, value);
      },
      revoked: async () => {},
    });
  };
  const subscriptions = [
    follow("findings", logFinding),
    follow("actions", logAction),
    follow("outcomes", logOutcome),
  ];
  return {
    waitingFor: () => undefined,
    stop: async () => void (await Promise.all(subscriptions.map((one) => one.stop()))),
    done: Promise.all(subscriptions.map((one) => one.done)).then(() => undefined),
  };
}

/** What a batch carries before a position, without what is there a second time. */
function newIn<Value>(batch: RecordBatch, seen: Highest, before = Number.POSITIVE_INFINITY): Value[] {
  const found = recordValues<Derived<Value>>(batch).filter(({ position }) => position < before);
  return found.flatMap(({ value: { origin, value } }) => (isNew(seen, origin) ? [value] : []));
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
