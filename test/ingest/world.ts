/** A server that takes in events, on a log and store in memory, and what tests send to it. */
import { Settings } from "../../schemas/settings.ts";
import type { StreamName } from "../../schemas/streams.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { type IngestOptions, ingestRoutes, PUBLIC_KEY, tierOf } from "../../services/ingest/index.ts";
import type { Clock } from "../../services/ports/clock.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { createServer, listen } from "../../services/server/server.ts";

export const NOW = Date.parse("2026-01-05T10:00:00Z");

/** Time stands still; sleeping lasts until the signal. */
export const clock: Clock = {
  now: () => NOW,
  sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
};

/** A call that the door accepts as it is. */
export function call(id: string, changes: object = {}) {
  return {
    id,
    kind: "api.called",
    time: "2026-01-05T09:59:00.000Z",
    agent: { id: "billing" },
    token: { publicId: "jti-1" },
    operation: { service: "orders-api", name: "refunds.create", tier: 1 },
    outcome: { result: "ok" },
    ...changes,
  };
}

/** An unsigned JWT of these claims. */
export function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "ES256", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJlLXNpZ25hdHVyZQ`;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: {
    accepted: number;
    rejected: { line: number; code: string; message: string }[];
    rejectedTotal: number;
    warnings?: { field: string; line: number; message: string }[];
    code: string;
  };
}

/** Opens a server; `settings` as in offgraph.yaml. */
export async function openWorld(settings: object = {}, changes: Partial<IngestOptions> = {}) {
  const parsed = Settings.parse({ http: { port: 0 }, ...settings });
  const stream = changes.stream ?? memoryStream(4);
  const store = memoryStore();
  const faults: Error[] = [];
  const app = createServer({
    settings: parsed,
    waitingFor: () => [],
    metrics: async () => "",
    onFault: (fault) => faults.push(fault),
  });
  const options = { store, clock, settings: parsed, key: PUBLIC_KEY, tierOf, lag: () => 0 };
  ingestRoutes(app, { ...options, ...changes, stream });
  const url = await listen(app, parsed.http);
  return {
    stream,
    store,
    faults,
    url,
    close: () => app.close(),
    async post(body: string | Uint8Array, headers: Record<string, string> = {}, query = ""): Promise<Answer> {
      const response = await fetch(`${url}/v1/events${query}`, {
        method: "POST",
        headers: { "content-type": "application/x-ndjson", ...headers },
        body: body as string,
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
    },
  };
}

/** The lines of a stream, partition by partition. */
export async function linesOf(stream: Stream, name: StreamName): Promise<string[]> {
  const lines: string[] = [];
  for (let partition = 0; partition < stream.partitions; partition++)
    for await (const { count, bytes, starts, ends } of stream.read(name, partition, 0))
      for (let at = 0; at < count; at++) lines.push(bytes.toString("utf8", starts[at], ends[at]));
  return lines;
}
