/** Sends events in batches: NDJSON, compressed, again after 429, 503 and broken connections. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { DelegateBackoff, handleWhen, type IRetryBackoffContext, retry } from "cockatiel";
import { OffgraphError } from "../../schemas/errors.ts";
import { fromText } from "../records.ts";
import { type ApiClient, Refused, refusal } from "./client.ts";

const MAX_LINES = 2000;
const MAX_CHARACTERS = 1_000_000;
/** Waits of 0.25 s, doubled up to 10 s: about one minute in all. */
const ATTEMPTS = 12;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/** A line that the system did not take, by the caller's own line number. */
export interface Rejected {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** A field that no event has, and the first line that has it, by the caller's own number. */
export interface FieldWarning {
  readonly field: string;
  readonly line: number;
}

interface SenderAnswer {
  readonly accepted: number;
  /** The first of them. */
  readonly rejected: readonly Rejected[];
  readonly rejectedTotal: number;
  readonly warnings: readonly FieldWarning[];
}

/** Sends events in batches, and counts what becomes of them. */
export interface BatchSender {
  /** @returns whether the batch is full and wants to be flushed. */
  add(line: number, event: string): boolean;
  /** Sends what was added; more may be added meanwhile. Fails with what the system answers when it does not take batches any more. */
  flush(): Promise<void>;
  readonly accepted: number;
  readonly rejected: number;
  /** The last line that was sent; it and what was sent before it is durable or was rejected. */
  readonly settledLine: number;
}

/**
 * Lines of events to POST /v1/events under the name of one source. `onRejected` is told of those that were not taken, of each batch
 * the first hundred; `onWarning` of unknown fields, of each batch ten.
 */
export function openSender(
  client: ApiClient,
  source: string,
  onRejected: (rejected: Rejected) => void,
  onWarning: (warning: FieldWarning) => void = () => {},
): BatchSender {
  let lines: number[] = [];
  let events: string[] = [];
  let characters = 0;
  let accepted = 0;
  let rejected = 0;
  let settledLine = 0;
  const flush = async () => {
    const [sentLines, sentEvents] = [lines, events];
    [lines, events, characters] = [[], [], 0];
    if (sentEvents.length === 0) return;
    const answer = await post(client, source, sentEvents.join("\n"));
    accepted += answer.accepted;
    rejected += answer.rejectedTotal;
    const lineOf = (line: number) => sentLines[line - 1] ?? 0;
    for (const one of answer.rejected) onRejected({ ...one, line: lineOf(one.line) });
    for (const { field, line } of answer.warnings) onWarning({ field, line: lineOf(line) });
    settledLine = sentLines.at(-1) ?? settledLine;
  };
  return {
    add(line, event) {
      lines.push(line);
      events.push(event);
      characters += event.length;
      return events.length >= MAX_LINES || characters >= MAX_CHARACTERS;
    },
    flush,
    get accepted() {
      return accepted;
    },
    get rejected() {
      return rejected;
    },
    get settledLine() {
      return settledLine;
    },
  };
}

const again = retry(
  handleWhen((error) => error instanceof OffgraphError && error.retryable),
  { maxAttempts: ATTEMPTS, backoff: new DelegateBackoff(waitMs) },
);

/** What the system asks for in Retry-After, else longer each time. */
function waitMs({ attempt, result }: IRetryBackoffContext<unknown>): number {
  const error = "error" in result ? result.error : undefined;
  const asked = error instanceof Refused ? error.retryAfterMs : undefined;
  return asked ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
}

async function post(client: ApiClient, source: string, events: string): Promise<SenderAnswer> {
  const body = await promisify(gzip)(events, { level: 1 });
  const headers = { "content-type": "application/x-ndjson", "content-encoding": "gzip" };
  const path = `/v1/events?source=${encodeURIComponent(source)}`;
  // 400 is also the answer to a batch of which no line could be taken.
  const response = await again.execute(() => client.open(path, { method: "POST", headers, body }, [400]));
  const text = await response.text();
  const answer = fromText<Partial<SenderAnswer>>(text);
  const { accepted = 0, rejected, rejectedTotal = rejected?.length ?? 0, warnings = [] } = answer;
  if (rejected === undefined) throw refusal(text, response, client.url);
  return { accepted, rejected, rejectedTotal, warnings };
}
