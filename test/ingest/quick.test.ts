import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { openTokenIndex } from "../../services/ingest/attribute.ts";
import { openDoor } from "../../services/ingest/door.ts";
import { openIntake } from "../../services/ingest/intake.ts";
import { keyedHash, PUBLIC_KEY } from "../../services/ingest/key.ts";
import { type QuickReader, quickReaders } from "../../services/ingest/quick.ts";
import { readied } from "../../services/ingest/ready.ts";
import { recordReader } from "../../services/ingest/record.ts";
import { operationTier } from "../../services/ingest/tier.ts";
import { event, type Fields, plainEvent } from "../schemas/events.ts";
import { oddEvent } from "../schemas/oddities.ts";
import { call, clock, jwt, linesOf, NOW } from "./world.ts";

const PARTITIONS = 4;
const origin = { tenant: "acme", source: "gateway" };
const door = openDoor({ key: PUBLIC_KEY, ...origin, tierOf: operationTier });

function quickly(index = openTokenIndex(memoryStore()), { tenant, source } = origin): QuickReader {
  return quickReaders({ key: PUBLIC_KEY, index, tierOf: operationTier, partitions: PARTITIONS })(
    tenant,
    source,
  );
}
const quick = quickly();
const round = (nowMs: number) => ({ nowMs, told: new Set<string>() });

/** The line that the quick way makes of one that stands between others; undefined if it leaves it to the door. */
function lineOf(text: string, nowMs = NOW, read = quick): string | undefined {
  const bytes = Buffer.from(`{}\n${text}\n{"id":"another"}${" ".repeat(32)}`);
  const value = read(bytes, 3, 3 + Buffer.byteLength(text), round(nowMs))?.ready.record.value;
  return value && Buffer.from(value).toString();
}

/** Holds the quick way to the door, for one line. Answers whether it was taken. */
function compare(line: Buffer, nowMs: number): boolean {
  const taken = quick(line, 0, line.length, round(nowMs));
  if (taken === undefined) return false;
  const admission = door(JSON.parse(line.toString()), nowMs);
  if (!("line" in admission)) throw new Error(`the door refuses ${line}`);
  const { id: _, ...ready } = readied(admission.event, admission.line, PARTITIONS);
  expect(Buffer.from(taken.ready.record.value).toString()).toBe(admission.line);
  expect(taken.ready).toEqual(ready);
  expect(admission.ignored).toEqual([]);
  return true;
}

const STAMPED = ["tenant", "source", "observedTime", "attribution", "tier"];

/** The event in the order of our form, without some of what the door fills in. */
function written(fields: Fields, missing: readonly string[]): string {
  const parsed = Event.safeParse(fields);
  const text = parsed.success ? canonicalLine(parsed.data) : JSON.stringify(fields);
  return JSON.stringify(JSON.parse(text, (name, value) => (missing.includes(name) ? undefined : value)));
}
const missing = fc.subarray(STAMPED);
const LATE = Date.parse("2099-12-31T23:59:59.999Z");
const now = fc.constantFrom(LATE, LATE, NOW);

describe("the quick way", () => {
  it("makes of a line what the door makes of it, or leaves it to the door", () => {
    let taken = 0;
    fc.assert(
      fc.property(
        fc.oneof({ weight: 3, arbitrary: plainEvent }, event, oddEvent),
        missing,
        now,
        (fields, without, nowMs) => {
          if (compare(Buffer.from(written(fields, without)), nowMs)) taken++;
        },
      ),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  it("is held to the door on mutated bytes too", () => {
    let taken = 0;
    const mutation = fc.tuple(fc.nat(), fc.constantFrom(...'"\\{}[]:,09aZ \n\u0000é.-+e', ""), fc.nat(1));
    fc.assert(
      fc.property(plainEvent, missing, mutation, (fields, without, [at, byte, removed]) => {
        const line = Buffer.from(written(fields, without));
        const place = at % line.length;
        const parts = [line.subarray(0, place), Buffer.from(byte), line.subarray(place + removed)];
        if (compare(Buffer.concat(parts), LATE)) taken++;
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  it("takes a line as the log holds it for what it is: the same bytes", () => {
    const admission = door(call("e-1", { observedTime: "2026-01-05T09:59:01.000Z" }), NOW);
    const line = "line" in admission ? admission.line : "";
    const bytes = Buffer.from(line + " ".repeat(32));
    const value = quick(bytes, 0, line.length, round(NOW))?.ready.record.value;
    expect(value?.buffer).toBe(bytes.buffer);
    expect(value?.length).toBe(line.length);
  });

  it("takes what a sender writes who leaves out all that may be left out", () => {
    const given = call("e-1", { operation: { service: "s", name: "getOrder" }, outcome: undefined });
    const admission = door(given, NOW);
    expect(lineOf(JSON.stringify(given))).toBe("line" in admission && admission.line);
  });

  const whole = JSON.stringify(call("e-1"));
  it.each([
    ["another order", JSON.stringify(Object.fromEntries(Object.entries(call("e-1")).reverse()))],
    ["blanks", whole.replace(",", ", ")],
    ["an unknown field", whole.replace('"token"', '"sesion":"s","token"')],
    ["a member twice", whole.replace('"token"', '"session":"s","session":"t","token"')],
    ["an escape", whole.replace("billing", "b\\u0069lling")],
    ["another script", whole.replace("billing", "büro")],
    ["a time without milliseconds", whole.replace("09:59:00.000Z", "09:59:00Z")],
    ["a time too far ahead", whole.replace("09:59:00.000Z", "10:05:00.001Z")],
    ["no agent", JSON.stringify(call("e-1", { agent: undefined }))],
    ["an agent of another attribution", whole.replace('"billing"', '"billing","attribution":"token"')],
    ["a token's value", whole.replace('"publicId":"jti-1"', '"value":"opaque"')],
    ["a secret", whole.replace("jti-1", jwt({ jti: "j" }))],
    ["targets of which none is left", whole.replace('"tier":1', '"tier":1,"targets":{}')],
    ["a tick", '{"id":"t","kind":"tick","time":"2026-01-05T09:59:00.000Z"}'],
    ["a very long line", whole.replace("billing", "b".repeat(20_000))],
    ["half a line", whole.slice(0, -1)],
    ["no object", "[]"],
  ])("leaves %s to the door", (_, line) => {
    expect(lineOf(whole)).toBeDefined();
    expect(lineOf(line)).toBeUndefined();
  });

  it("leaves all lines of a source to the door whose name is no plain text", () => {
    expect(lineOf(whole, NOW, quickly(undefined, { tenant: "acme", source: "a source" }))).toBeDefined();
    expect(lineOf(whole, NOW, quickly(undefined, { tenant: "acme", source: "quelle漢" }))).toBeUndefined();
    expect(lineOf(whole, NOW, quickly(undefined, { tenant: "acme", source: 'a"b' }))).toBeUndefined();
  });
});

/** A batch, by the quick way or without it: the log, the dead letters, the answer, and whose each token is. */
async function batch(lines: readonly string[], firstLines: readonly string[], isQuick: boolean) {
  const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
  const index = openTokenIndex(store);
  const read = recordReader(isQuick ? quickly(index) : () => undefined, door, PARTITIONS);
  const results = [];
  for (const sent of [firstLines, lines]) {
    const intake = openIntake({ stream, index, clock, read, ...origin, label: "other", place: "http" });
    // Two blocks: what is read in one must count in the other.
    for (const [at, half] of [sent.slice(0, sent.length / 2), sent.slice(sent.length / 2)].entries())
      await intake.take(blockOf(half, 1 + at * Math.floor(sent.length / 2)));
    results.push(await intake.finish());
  }
  return {
    results,
    log: await linesOf(stream, "events"),
    letters: await linesOf(stream, "dead-letters"),
    owners: await store.agentsOf(origin.tenant, TOKENS, NOW),
    entries: await Promise.all(AGENTS.map((agent) => store.tokensOf(origin.tenant, agent, NOW, 100))),
  };
}

function blockOf(lines: readonly string[], firstLine: number) {
  const ranges = { starts: new Int32Array(lines.length), ends: new Int32Array(lines.length) };
  const bytes = Buffer.from(`${lines.join("\n")}\n${" ".repeat(32)}`);
  let at = 0;
  for (const [number, line] of lines.entries()) {
    ranges.starts[number] = at;
    ranges.ends[number] = at += Buffer.byteLength(line);
    at++;
  }
  return { bytes, ...ranges, count: lines.length, firstLine };
}

const HASH = keyedHash(PUBLIC_KEY, "opaque");
const TOKENS = ["a", "b", "c", HASH];
const AGENTS = ["billing", "planner"];
const KINDS = [
  "api.called",
  "api.called",
  "token.issued",
  "token.refreshed",
  "token.revoked",
  "token.denied",
];

/** Few tokens, agents, times and ids, so that they meet; written in our form, in another one, or badly. */
const line: fc.Arbitrary<string> = fc
  .record({
    id: fc.constantFrom("e-1", "e-2", "e-3", "e-4"),
    kind: fc.constantFrom(...KINDS),
    second: fc.integer({ min: 10, max: 14 }),
    agent: fc.constantFrom(...AGENTS, undefined),
    publicId: fc.constantFrom("a", "b", "c", undefined),
    hash: fc.constantFrom(HASH, undefined, undefined),
    expiresAt: fc.constantFrom("2026-01-05T11:00:00.000Z", "2026-01-09T11:00:00.000Z", undefined),
    form: fc.constantFrom("ours", "ours", "ours", "blanks", "cut", "unknown field"),
  })
  .map(({ id, kind, second, agent, publicId, hash, expiresAt, form }) => {
    const token = publicId || hash ? { publicId, hash, expiresAt } : undefined;
    const text = JSON.stringify({
      ...call(id, { agent: agent && { id: agent }, token, time: `2026-01-05T09:59:${second}.000Z` }),
      kind,
      operation: kind === "api.called" ? { service: "s", name: "getOrder" } : undefined,
    });
    if (form === "blanks") return text.replace("{", "{ ");
    if (form === "cut") return text.slice(0, -2);
    return form === "unknown field" ? text.replace("}", ',"nmae":1}') : text;
  });

it("a batch ends the same by the quick way: the log and its order, the dead letters, the answer, the token index", async () => {
  const lines = fc.array(line, { maxLength: 24 });
  await fc.assert(
    fc.asyncProperty(lines, lines, async (first, second) => {
      expect(await batch(second, first, true)).toEqual(await batch(second, first, false));
    }),
    { numRuns: 300 },
  );
});
