/** `offgraph_gate_*`: answers and how long they take, denials held and dropped. */
import { metrics } from "@opentelemetry/api";

/** `ambiguous`: an authorization that is not exactly one token. */
export type CheckOutcome = "allow" | "deny" | "ambiguous" | "not-ready";

interface GateMetrics {
  answered(outcome: CheckOutcome): void;
  dropped(denials: number): void;
  close(): void;
}

const meter = metrics.getMeter("offgraph");
const checks = meter.createObservableCounter("offgraph_gate_checks_total", {
  description: "Checks, by answer.",
});
const held = meter.createObservableGauge("offgraph_gate_denials", { description: "Denials in memory." });
const droppedTotal = meter.createCounter("offgraph_gate_denials_dropped_total", {
  description: "Denials dropped because there were too many.",
});

/** From a question's headers until its answer is handed to the socket; a body may come in between. */
export const answerSeconds = meter.createHistogram("offgraph_gate_answer_seconds", {
  description: "Time from a question to its answer.",
  unit: "s",
});

/** Answers are added up here and read when somebody asks for metrics: a counter with labels takes longer than a check. */
export function gateMetrics(size: () => number): GateMetrics {
  const answers: Record<CheckOutcome, number> = { allow: 0, deny: 0, ambiguous: 0, "not-ready": 0 };
  const observeAnswers = (result: Observer) => {
    for (const [answer, count] of Object.entries(answers)) result.observe(count, { answer });
  };
  const observeSize = (result: Observer) => result.observe(size());
  checks.addCallback(observeAnswers);
  held.addCallback(observeSize);
  return {
    answered(outcome) {
      answers[outcome]++;
    },
    dropped: (denials) => droppedTotal.add(denials),
    close() {
      checks.removeCallback(observeAnswers);
      held.removeCallback(observeSize);
    },
  };
}

interface Observer {
  observe(value: number, attributes?: { readonly answer: string }): void;
}
