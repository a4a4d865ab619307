/** Reads the findings feed: server-sent events, resumed from the last id when the connection breaks. */
import { setTimeout as wait } from "node:timers/promises";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Finding } from "../../schemas/finding.ts";
import { fromText } from "../records.ts";
import type { ApiClient } from "./client.ts";

const RETRY_MS = 1000;

/** Findings from now on, until the signal. Fails if the system is gone when it is asked first. */
export async function* followFeed(
  client: ApiClient,
  query: URLSearchParams,
  signal?: AbortSignal,
): AsyncGenerator<Finding> {
  let last: string | undefined;
  while (!signal?.aborted) {
    try {
      for await (const { id, data } of messages(await connect(client, query, last, signal))) {
        last = id ?? last;
        if (data !== undefined) yield fromText<Finding>(data);
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (last === undefined || (error instanceof OffgraphError && !error.retryable)) throw error;
    }
    await wait(RETRY_MS, undefined, signal && { signal }).catch(() => {});
  }
}

async function connect(
  client: ApiClient,
  query: URLSearchParams,
  last: string | undefined,
  signal: AbortSignal | undefined,
) {
  const headers: Record<string, string> = last === undefined ? {} : { "last-event-id": last };
  const { body } = await client.open(`/v1/findings/stream?${query}`, { headers, signal: signal ?? null });
  if (body === null) throw new OffgraphError("not-running", `${client.url} answers without a body`);
  return body;
}

/** One server-sent event. */
export interface Message {
  readonly id: string | undefined;
  readonly data: string | undefined;
}

/** The messages of a server-sent event stream, of the fields that we use. */
export async function* messages(body: AsyncIterable<Uint8Array>): AsyncGenerator<Message> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield { id: field(part, "id"), data: field(part, "data") };
  }
}

function field(message: string, name: string): string | undefined {
  const line = message.split("\n").find((one) => one.startsWith(`${name}: `));
  return line?.slice(name.length + 2);
}
