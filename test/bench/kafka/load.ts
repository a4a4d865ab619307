/** Events appended at a pace, and among them some that must lead to a finding. */
import { setTimeout } from "node:timers/promises";
import { Event } from "../../../schemas/event.ts";
import { canonicalLine } from "../../../schemas/event-line.ts";
import type { NewRecord, Stream } from "../../../services/ports/stream.ts";
import { recordOf } from "./lines.ts";

const PAUSE_MS = 5;
const MARKER = "marker-";
const EXPIRED_MS = 600_000;

/** Appends everything as fast as `mayAppend` lets it. */
export async function appendAll(
  stream: Stream,
  records: readonly NewRecord[],
  mayAppend: (appended: number) => boolean,
): Promise<void> {
  const together = 2000;
  for (let at = 0; at < records.length; at += together) {
    while (!mayAppend(at)) await setTimeout(1);
    await stream.append(records.slice(at, at + together));
  }
}

/** How fast, and what of it is listened for. */
export interface Pace {
  readonly perSecond: number;
  readonly markers: number;
  /** Told when a marker is durable. */
  readonly appended: (marker: string) => void;
}

/** Appends the records at a pace that waits for nothing, with markers among them at equal distances. */
export async function appendSteadily(
  stream: Stream,
  records: readonly NewRecord[],
  { perSecond, markers, appended }: Pace,
): Promise<void> {
  const pending: Promise<void>[] = [];
  const startedMs = performance.now();
  for (let at = 0, marker = 0; at < records.length; await setTimeout(PAUSE_MS)) {
    const due = Math.min(records.length, Math.ceil(((performance.now() - startedMs) * perSecond) / 1000));
    if (due > at) pending.push(stream.append(records.slice(at, due)));
    at = due;
    for (; marker < Math.floor((at * markers) / records.length); marker++) {
      const { id, record } = newMarker(stream.partitions);
      pending.push(stream.append([record]).then(() => appended(id)));
    }
  }
  await Promise.all(pending);
}

let made = 0;

/** A token that is used after its end, which one event alone tells. */
function newMarker(partitions: number): { id: string; record: NewRecord } {
  const id = `${MARKER}${made++}`;
  const nowMs = Date.now();
  const at = (ms: number) => new Date(nowMs + ms).toISOString();
  const event = Event.parse({
    ...{ id, kind: "api.called", time: at(0), observedTime: at(0), tenant: "default", source: "bench" },
    agent: { id: `agent-${id}` },
    ...{ workflow: "Work", session: `s-${id}` },
    token: { publicId: `jti-${id}`, issuedAt: at(-2 * EXPIRED_MS), expiresAt: at(-EXPIRED_MS) },
    operation: { service: "erp", name: "read_invoice", tier: 0 },
    outcome: { result: "ok", status: 200 },
  });
  return { id, record: recordOf(Buffer.from(canonicalLine(event)), partitions) };
}

/** The marker that a record of `findings` is about, if it is about one. */
export function markerIn(finding: string): string | undefined {
  return finding.includes(MARKER) ? JSON.parse(finding).value.eventIds.at(-1) : undefined;
}
