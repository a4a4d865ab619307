/**
 * The gate: may this token or agent pass? It reads `denials` whole into memory, then follows it, and answers from memory.
 * Until it has read each partition to its end it is not ready, and lets nothing pass.
 */
import { randomUUID } from "node:crypto";
import type { Denial } from "../../schemas/action.ts";
import type { Derived } from "../../schemas/origin.ts";
import type { Service } from "../http.ts";
import type { Clock } from "../ports/clock.ts";
import type { RecordBatch, Stream } from "../ports/stream.ts";
import { isAmbiguous } from "./bearer.ts";
import { denyList } from "./deny-list.ts";
import { type CheckOutcome, gateMetrics } from "./metrics.ts";
import { denialOf, type KeyedHash, type Question } from "./question.ts";

/** Whether somebody may pass. */
export interface GateAnswer {
  readonly allowed: boolean;
  /** Why not. */
  readonly reason?: string;
  /** Until when not, RFC 3339. */
  readonly until?: string;
  readonly denial?: Denial;
}

export interface Gate extends Service {
  check(question: Question): GateAnswer;
}

/** What the gate works on. */
export interface GateOptions {
  readonly stream: Stream;
  readonly clock: Clock;
  /** The keyed hash that the door makes of token values; without it raw tokens are known by their claims only. */
  readonly keyedHash?: KeyedHash;
}

/** A slice of the list in every interval, so that no question waits for a walk through a million denials. */
const SWEEP_INTERVAL_MS = 100;
const SWEEP_SLICE = 1000;
const ALLOWED: GateAnswer = { allowed: true };
const NOT_READY: GateAnswer = { allowed: false, reason: "the deny list has not been read to its end yet" };
const AMBIGUOUS: GateAnswer = { allowed: false, reason: "authorization: expected exactly one token" };

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
      counts.dropped(denials.take(value, clock.now()));
    }
  }

  function check(question: Question): GateAnswer {
    const answer = ready ? answerTo(question) : NOT_READY;
    counts.answered(outcomeOf(answer));
    return answer;
  }

  function answerTo(question: Question): GateAnswer {
    const denial = denialOf(question, denials, keyedHash, clock.now());
    if (denial !== undefined) return denied(denial);
    return isAmbiguous(question.token ?? "") ? AMBIGUOUS : ALLOWED;
  }

  async function sweep(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(SWEEP_INTERVAL_MS, stopping.signal);
      denials.sweep(clock.now(), SWEEP_SLICE);
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

const denied = (denial: Denial): GateAnswer => ({
  allowed: false,
  reason: denial.reason,
  until: new Date(denial.expiresAtMs).toISOString(),
  denial,
});

function outcomeOf(answer: GateAnswer): CheckOutcome {
  if (answer.allowed) return "allow";
  if (answer === NOT_READY) return "not-ready";
  return answer === AMBIGUOUS ? "ambiguous" : "deny";
}
