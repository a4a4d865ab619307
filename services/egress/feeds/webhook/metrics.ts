/** Counters of webhooks, each with the webhook's name. */
import { metrics, type ObservableResult } from "@opentelemetry/api";

const meter = metrics.getMeter("offgraph");

export const attemptsTotal = meter.createCounter("offgraph_webhook_attempts_total", {
  description: "Attempts, by result",
});
export const deadLettersTotal = meter.createCounter("offgraph_webhook_dead_letters_total", {
  description: "Findings set aside",
});
export const leftOutTotal = meter.createCounter("offgraph_webhook_left_out_total", {
  description: "Findings not sent, because the receiver has answered 410",
});
const pendingGauge = meter.createObservableGauge("offgraph_webhook_pending", {
  description: "Deliveries that are not over: neither taken by the receiver nor set aside",
});

/** Shows how many deliveries of a webhook wait; answers how to end it. */
export function observePending(webhook: string, pending: () => number): () => void {
  const observe = (result: ObservableResult) => result.observe(pending(), { webhook });
  pendingGauge.addCallback(observe);
  return () => pendingGauge.removeCallback(observe);
}
