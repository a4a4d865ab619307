/**
 * The gate: may this token or agent pass? It reads `denials` whole into memory, then follows it, and answers from memory.
 * Until it has read each partition to its end it is not ready, and lets nothing pass.
 */
import { randomUUID } from "node:crypto";
import { metrics } from "@opentelemetry/api";
import type { Denial, Target } from "../../schemas/action.ts";
import type { AgentId } from "../../schemas/ids.ts";
import type { Derived } from "../../schemas/origin.ts";
import type { Service } from "../http.ts";
import type { Clock } from "../ports/clock.ts";
import type { RecordBatch, Stream } from "../ports/stream.ts";
import { candidatesOf, claimsOf, isAmbiguous } from "./bearer.ts";
import { denyList } from "./deny-list.ts";

/** Who asks to pass, by any of its names. */
export interface Question {
  /** Default `default`. */
  readonly tenant?: string | undefined;
  /** Raw bearer token, with or without its scheme: hashed at once, never kept. If it is a JWT, its claims are looked up too. */
  readonly token?: string | undefined;
  /** `<key name>:<hex>`. */
  readonly tokenHash?: string | undefined;
  readonly publicId?: string | undefined;
  readonly family?: string | undefined;
  readonly agent?: string | undefined;
}

export interface Answer {
  readonly allowed: boolean;
  /** Why not. */
  readonly reason?: string;
  /** Until when not, RFC 3339. */
  readonly until?: string;
  readonly denial?: Denial;
}

export interface Gate extends Service {
  check(question: Question): Answer;
}

export interface GateOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  /** The keyed hash that the door makes of token values; without it raw tokens are known by their claims only. */
  readonly keyedHash?: (value: string) => string;
}

const SWEEP_INTERVAL_MS = 10_000;
const ALLOWED: Answer = { allowed: true };
const NOT_READY: Answer = { allowed: false, reason: "the deny list has not been read to its end yet" };
const AMBIGUOUS: Answer = { allowed: false, reason: "authorization: expected exactly one token" };

/** Starts a gate with a deny list of its own. */
export function startGate({ stream, clock, keyedHash }: GateOptions): Gate {
  const denials = denyList();
  const counts = gateMetrics(() => denials.size);
  const stopping = new AbortController();
  let ready = false;

  function take(batch: RecordBatch): void {
    for (let at = 0; at < batch.count; at++) {
      const line = batch.bytes.subarray(batch.starts[at], batch.ends[at]).toString();
      const { value }: Derived<Denial> = JSON.parse(line);
      counts.dropped.add(denials.take(value, clock.now()));
    }
  }

  function check(question: Question): Answer {
    if (!ready) return NOT_READY;
    const nowMs = clock.now();
    const { tenant = "default" } = question;
    for (const target of targetsOf(question, keyedHash)) {
      const denial = denials.find(tenant, target, nowMs);
      if (denial !== undefined) return counts.answered(denied(denial));
    }
    return counts.answered(isAmbiguous(question.token ?? "") ? AMBIGUOUS : ALLOWED);
  }

  async function sweep(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(SWEEP_INTERVAL_MS, stopping.signal);
      denials.sweep(clock.now());
    }
  }

  const reading = follow(stream, take, stopping.signal, () => {
    ready = true;
  });
  const sweeping = sweep();
  return {
    check,
    waitingFor: () => (ready ? undefined : "the gate is reading the deny list"),
    async stop() {
      stopping.abort();
      await Promise.allSettled([reading, sweeping]);
      counts.close();
    },
    done: Promise.all([reading, sweeping]).then(() => undefined),
  };
}

/** Reads every partition to its end, says so, and goes on from there until stopped. */
async function follow(
  stream: Stream,
  take: (batch: RecordBatch) => void,
  signal: AbortSignal,
  onEnd: () => void,
): Promise<void> {
  const next = new Map<number, number>();
  const absorb = async (batch: RecordBatch) => {
    take(batch);
    next.set(batch.partition, (batch.positions[batch.count - 1] ?? -1) + 1);
  };
  for (let partition = 0; partition < stream.partitions; partition++) {
    for await (const batch of stream.read("denials", partition, 0)) await absorb(batch);
  }
  if (signal.aborted) return;
  // Every gate needs every partition, so each is a group of its own.
  const subscription = stream.consume("denials", `gate-${randomUUID()}`, {
    assigned: async (partition) => next.get(partition) ?? 0,
    batch: absorb,
    revoked: async () => {},
  });
  onEnd();
  signal.addEventListener("abort", () => subscription.stop(), { once: true });
  await subscription.done;
}

/**
 * Everything that a question may be denied by. The claims of the token come beside the named agent, not in its place, and each
 * name also as its hash: the door keeps a name that looks like a secret as its keyed hash.
 */
function targetsOf(question: Question, keyedHash: GateOptions["keyedHash"]): Target[] {
  const { token, tokenHash, publicId, family, agent } = question;
  const targets: Target[] = [];
  const add = (type: Target["type"], id: string | undefined) => {
    if (id === undefined) return;
    for (const name of [id, keyedHash?.(id) ?? id]) targets.push({ type, id: name as AgentId });
  };
  add("agent", agent);
  add("token", tokenHash);
  add("token", publicId);
  add("family", family);
  for (const candidate of token === undefined ? [] : candidatesOf(token)) {
    const claims = claimsOf(candidate);
    add("agent", claims.agent);
    add("token", claims.publicId);
    add("token", candidate);
  }
  return targets;
}

const denied = (denial: Denial): Answer => ({
  allowed: false,
  reason: denial.reason,
  until: new Date(denial.expiresAtMs).toISOString(),
  denial,
});

/** `offgraph_gate_*`: checks by answer, denials held, denials dropped over the cap. */
function gateMetrics(size: () => number) {
  const meter = metrics.getMeter("offgraph");
  const checks = meter.createCounter("offgraph_gate_checks_total", { description: "Checks, by answer." });
  const dropped = meter.createCounter("offgraph_gate_denials_dropped_total", {
    description: "Denials dropped because there were too many.",
  });
  const held = meter.createObservableGauge("offgraph_gate_denials", { description: "Denials in memory." });
  const observe = (result: { observe(value: number): void }) => result.observe(size());
  held.addCallback(observe);
  return {
    dropped,
    answered(answer: Answer): Answer {
      checks.add(1, { answer: answer.allowed ? "allow" : "deny" });
      return answer;
    },
    close: () => held.removeCallback(observe),
  };
}
