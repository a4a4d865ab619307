/** How long it takes from a telling event to the first denial at the gate, with nobody in between. */
import { join } from "node:path";
import { Pool } from "undici";
import { startService, untilReady } from "../../kill/service.ts";
import type { Case, Figure } from "../case.ts";
import { figure, quantile } from "../measure.ts";

const MOST_REPETITIONS = 200;
const TIMEOUT_MS = 10_000;
/** Settings under which it acts by itself, as often as it is asked to. */
export const ENFORCING = {
  playbook: [
    { name: "quarantine-agent", when: { evidence: ["invariant"] }, do: "quarantine", mode: "enforce" },
  ],
  responder: { maxActionsPer10Min: 1_000_000 },
};

/** A service accepts a token five minutes after its end. */
function expired(number: number) {
  const nowMs = Date.now();
  const at = (ms: number) => new Date(nowMs + ms).toISOString();
  const publicId = `jti-denied-${number}`;
  const event = {
    id: `denied-${number}`,
    kind: "api.called",
    time: at(0),
    agent: { id: `agent-denied-${number}` },
    workflow: "Work",
    session: `s-denied-${number}`,
    token: { publicId, issuedAt: at(-600_000), expiresAt: at(-300_000) },
    operation: { service: "erp", name: "read_invoice", tier: 0 },
    outcome: { result: "ok", status: 200 },
  };
  return { publicId, body: `${JSON.stringify(event)}\n` };
}

/** How long one took, from two moments on. */
export interface Delay {
  readonly fromSendingMs: number;
  readonly fromAcceptedMs: number;
}

async function post(pool: Pool, path: string, type: string, body: string) {
  const answer = await pool.request({ method: "POST", path, headers: { "content-type": type }, body });
  return { status: answer.statusCode, text: await answer.body.text() };
}

/** Sends the event and asks the gate again and again, each time after the last answer. */
async function once(ingest: Pool, gate: Pool, number: number): Promise<Delay> {
  const { publicId, body } = expired(number);
  const sentMs = performance.now();
  const { status, text } = await post(ingest, "/v1/events", "application/x-ndjson", body);
  const acceptedMs = performance.now();
  if (status !== 202) throw new Error(`the event was not accepted: ${text}`);
  for (;;) {
    const answer = await post(gate, "/v1/check", "application/json", JSON.stringify({ publicId }));
    const nowMs = performance.now();
    if (JSON.parse(answer.text).allowed === false)
      return { fromSendingMs: nowMs - sentMs, fromAcceptedMs: nowMs - acceptedMs };
    if (nowMs - acceptedMs > TIMEOUT_MS) throw new Error(`${publicId} is not denied after ${TIMEOUT_MS} ms`);
  }
}

/** So many events, one after the other, sent to one process and asked about at another, or the same. */
export async function measureDenied(
  ingestUrl: string,
  gateUrl: string,
  repetitions: number,
): Promise<readonly Delay[]> {
  const [ingest, gate] = [ingestUrl, gateUrl].map((url) => new Pool(url, { connections: 1 })) as [Pool, Pool];
  const delays: Delay[] = [];
  // The first few meet compilers at work.
  for (let number = -10; number < repetitions; number++) {
    const delay = await once(ingest, gate, number);
    if (number >= 0) delays.push(delay);
  }
  await Promise.all([ingest.close(), gate.close()]);
  return delays;
}

/** Quantiles of the delays; the target is that of the 99th from acceptance on. */
export function delayFigures(delays: readonly Delay[], target: string): Figure[] {
  const figures = (name: string, values: number[], wanted?: string) => {
    const sorted = values.toSorted((one, other) => one - other);
    return [
      figure(`${name} p50`, "ms", [quantile(sorted, 0.5)]),
      figure(`${name} p99`, "ms", [quantile(sorted, 0.99)], wanted),
      figure(`${name} max`, "ms", [quantile(sorted, 1)]),
    ];
  };
  const accepted = delays.map(({ fromAcceptedMs }) => fromAcceptedMs);
  const sent = delays.map(({ fromSendingMs }) => fromSendingMs);
  return [...figures("accepted to denied", accepted, target), ...figures("sent to denied", sent)];
}

/** `--only denied`. */
export const deniedCase: Case = {
  name: "denied",
  about: "from an accepted event that breaks an invariant to the first denial at the gate, enforcing",
  async run({ folder, events, note }) {
    const service = await startService({ folder: join(folder, "denied"), settings: ENFORCING });
    await untilReady(service);
    const repetitions = Math.min(MOST_REPETITIONS, Math.ceil(events / 1000));
    note(`${repetitions} events, one after the other`);
    const delays = measureDenied(service.url, service.url, repetitions);
    return delayFigures(await delays.finally(() => service.stop("SIGTERM")), "< 100");
  },
};
