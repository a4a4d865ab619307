/** Watches the running system as an operator would: the findings feed, the incidents, and the gate. */
import { setTimeout as wait } from "node:timers/promises";
import type { Incident } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { AttackTruth } from "../simulator/attacks.ts";
import type { DemoPlan } from "../simulator/live.ts";
import type { ApiClient } from "./client.ts";
import { ATTACKS, begins, type Containment, contained, type Found } from "./demo-story.ts";
import { followFeed } from "./feed-client.ts";

/** How long the watcher waits for what is still missing when the plan has been played, and for a denial. */
const PATIENCE_MS = 5000;
const POLL_MS = 5;

interface WatchOptions {
  readonly client: ApiClient;
  readonly plan: DemoPlan;
  /** When each event was accepted, in ms of `performance.now()`. */
  readonly sentAt: ReadonlyMap<string, number>;
  /** What commands need to find the system, such as ` --url …`. */
  readonly how: string;
}

interface Watcher {
  /** Resolves when every attack was found and answered at the gate. */
  readonly complete: Promise<void>;
  /** Waits a little for what is missing, and answers what came of each attack. */
  end(): Promise<{ readonly found: readonly Found[]; readonly lesser: number }>;
}

/** Tells what is found, until `end`. */
export function watch(options: WatchOptions): Watcher {
  const { client, plan } = options;
  const found = new Map<AttackTruth, Containment>();
  const complete = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const now = stopwatch();
  let lesser = 0;
  const tell = async () => {
    for await (const finding of followFeed(client, new URLSearchParams(), leaving.signal)) {
      const attacked = plan.truth.filter(({ agent }) => agent === finding.agent);
      const truth = attacked.find(({ attack }) => ATTACKS[attack].detector === finding.detector);
      if (attacked.length === 0) lesser++;
      if (truth === undefined || found.has(truth)) continue;
      const containment = await contain(options, truth, finding);
      found.set(truth, containment);
      contained(now(), containment, options.how);
      if (found.size === plan.truth.length) complete.resolve();
    }
  };
  announce(plan, now, leaving.signal);
  const told = tell();
  return {
    complete: complete.promise,
    async end() {
      await Promise.race([complete.promise, told, wait(PATIENCE_MS)]);
      leaving.abort();
      await told;
      return { found: plan.truth.map((truth) => ({ truth, containment: found.get(truth) })), lesser };
    },
  };
}

function stopwatch(): () => string {
  const beginMs = performance.now();
  return () => `${((performance.now() - beginMs) / 1000).toFixed(1)} s`.padStart(6);
}

/** Says when the simulator begins an attack; the product is not told. */
function announce(plan: DemoPlan, now: () => string, signal: AbortSignal): void {
  for (const truth of plan.truth) {
    const atMs = plan.cues.find(({ event }) => event.id === truth.firstEvent)?.atMs ?? 0;
    void wait(atMs, undefined, { signal, ref: false }).then(
      () => begins(now(), truth),
      () => {},
    );
  }
}

/** Asks the gate until it denies the agent's token, then looks for the incident. */
async function contain(
  { client, plan, sentAt }: WatchOptions,
  truth: AttackTruth,
  finding: Finding,
): Promise<Containment> {
  const token = finding.token?.publicId ?? tokenOf(plan, truth);
  const seenMs = performance.now();
  const denied = await until(async () => {
    const answer = await client.post<{ allowed: boolean; until?: string }>("/v1/check", { publicId: token });
    return answer.allowed ? undefined : answer;
  });
  const afterMs = performance.now() - (sentAt.get(finding.eventIds.at(-1) ?? "") ?? seenMs);
  const incident = await until(async () => {
    const { incidents } = await client.get<{ incidents: Incident[] }>("/v1/incidents");
    return incidents.find((one) => one.findings.includes(finding.id) && one.status !== "open");
  });
  return { truth, finding, incident, token, denied, afterMs };
}

/** Asks again until there is an answer; undefined when patience is over. */
async function until<Value>(ask: () => Promise<Value | undefined>): Promise<Value | undefined> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() > endMs) return answer;
    await wait(POLL_MS);
  }
}

/** The token that the attacked session used. */
function tokenOf({ cues }: DemoPlan, { session }: AttackTruth): string {
  const tokens = cues.flatMap(({ event }) =>
    event.session === session && "token" in event && event.token?.publicId ? [event.token.publicId] : [],
  );
  return tokens.at(-1) ?? "";
}
