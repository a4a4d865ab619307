/** Counters of webhooks. */
import { metrics, type ObservableResult } from "@opentelemetry/api";

export type WebhookMetrics = ReturnType<typeof webhookMetrics>;

/** `offgraph_webhook_*`, each with the webhook's name: attempts by result, pending, dead letters, findings left out. */
export function webhookMetrics(webhook: string, pending: () => number) {
  const meter = metrics.getMeter("offgraph");
  const attempts = meter.createCounter("offgraph_webhook_attempts_total", {
    description: "Attempts, by result.",
  });
  const dead = meter.createCounter("offgraph_webhook_dead_letters_total", {
    description: "Findings set aside.",
  });
  const left = meter.createCounter("offgraph_webhook_left_out_total", {
    description: "Findings not sent, because the receiver has answered 410.",
  });
  const gauge = meter.createObservableGauge("offgraph_webhook_pending", {
    description: "Deliveries not settled.",
  });
  const observe = (result: ObservableResult) => result.observe(pending(), { webhook });
  gauge.addCallback(observe);
  return {
    attempt: (result: string) => attempts.add(1, { webhook, result }),
    deadLetter: () => dead.add(1, { webhook }),
    leftOut: () => left.add(1, { webhook }),
    close: () => gauge.removeCallback(observe),
  };
}
