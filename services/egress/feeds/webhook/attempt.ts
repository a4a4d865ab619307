/** One attempt to deliver one finding: a signed POST that follows no redirect. */
import { Agent, errors } from "undici";
import type { Finding } from "../../../../schemas/finding.ts";
import type { Webhook } from "../../../../schemas/settings.ts";
import { codeOf } from "../../../file-fault.ts";
import { guardedLookup, namesInside, REFUSED, type Resolve } from "./address-guard.ts";
import { signatureOf } from "./signature.ts";

export type Attempt =
  | { readonly result: "delivered" }
  /** 410: the receiver wants no more. */
  | { readonly result: "gone" }
  | {
      readonly result: "failed";
      readonly reason: string;
      /** For this long the receiver wants nothing at all, in milliseconds. */
      readonly holdMs?: number;
    };

/** Sends to one webhook, over connections that it keeps. */
export interface WebhookSender {
  /** Makes one attempt; `undefined` if it was cut off by `signal`. Never rejects. */
  send(finding: Finding, nowMs: number, signal: AbortSignal): Promise<Attempt | undefined>;
  close(): Promise<void>;
}

/** Statuses that ask to slow down, with or without Retry-After. */
const SLOW_DOWN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const DEFAULT_HOLD_MS = 5000;
const MAX_HOLD_MS = 86_400_000;

/** Makes attempts at one webhook. `secrets` sign in order, the newest first. */
export function senderTo(webhook: Webhook, secrets: readonly Uint8Array[], resolve: Resolve): WebhookSender {
  const url = new URL(webhook.url);
  const lookup = webhook.allowPrivate ? {} : { lookup: guardedLookup(resolve) };
  const agent = new Agent({ connect: { timeout: webhook.timeoutMs, ...lookup }, connections: 8 });

  async function send(finding: Finding, nowMs: number, signal: AbortSignal): Promise<Attempt | undefined> {
    if (!webhook.allowPrivate && namesInside(url)) return { result: "failed", reason: REFUSED };
    const limit = AbortSignal.any([signal, AbortSignal.timeout(webhook.timeoutMs)]);
    try {
      return await post(finding, nowMs, limit);
    } catch (error) {
      return signal.aborted ? undefined : { result: "failed", reason: reasonOf(error, webhook.timeoutMs) };
    }
  }

  async function post(finding: Finding, nowMs: number, signal: AbortSignal): Promise<Attempt> {
    const body = JSON.stringify({ type: "finding.created", timestamp: finding.time, data: finding });
    const timestamp = Math.floor(nowMs / 1000);
    const headers = {
      "content-type": "application/json",
      "user-agent": "offgraph",
      "webhook-id": finding.id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": signatureOf(secrets, finding.id, timestamp, body),
    };
    const { origin, pathname, search } = url;
    const response = await agent.request({
      origin,
      path: pathname + search,
      method: "POST",
      headers,
      body,
      signal,
    });
    await response.body.dump({ limit: 16_384 });
    return attemptOf(response.statusCode, response.headers["retry-after"], nowMs);
  }

  return { send, close: () => agent.destroy() };
}

/** What came of it, by the receiver's answer. */
function attemptOf(status: number, retryAfter: string | string[] | undefined, nowMs: number): Attempt {
  if (status >= 200 && status < 300) return { result: "delivered" };
  if (status === 410) return { result: "gone" };
  const reason = `it answered ${status}`;
  const asked = retryAfterMs(String(retryAfter ?? ""), nowMs);
  const holdMs = asked ?? (SLOW_DOWN.has(status) ? DEFAULT_HOLD_MS : undefined);
  return { result: "failed", reason, ...(holdMs !== undefined && { holdMs }) };
}

/** RFC 9110 section 10.2.3: seconds or a date; at most a day. */
function retryAfterMs(text: string, nowMs: number): number | undefined {
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return ms > 0 ? Math.min(ms, MAX_HOLD_MS) : undefined;
}

/** Codes and our own words only: what a foreign library writes may hold the URL. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return "the request failed";
  if (error.name === "TimeoutError" || error instanceof errors.ConnectTimeoutError)
    return `it did not answer within ${timeoutMs} ms`;
  if (error.message === REFUSED) return REFUSED;
  return `the request failed (${codeOf(error) ?? error.name})`;
}
