import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { writeBenchFile } from "./data.ts";
import { shuffled } from "./shuffle.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));
const linesOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\n");

const plain = join(folder, "plain.ndjson");
const written = writeBenchFile(plain, { events: 20_000, agents: 300, seed: 1 });
const lines = linesOf(plain);
const events = lines.map((line) => Event.parse(JSON.parse(line)));

describe("a benchmark file", () => {
  it("has as many lines as asked for, about 600 bytes each, and says its size", () => {
    expect(lines.length).toBe(20_000);
    expect(written.bytes).toBe(readFileSync(plain).length);
    expect(Math.abs(written.bytes / written.events - 600)).toBeLessThan(60);
  });

  it("holds events in the form that the log has", () => {
    expect(events.map(canonicalLine)).toEqual(lines);
  });

  it("is the same byte for byte for the same seed, and another for another seed", () => {
    const [again, other] = [join(folder, "again.ndjson"), join(folder, "other.ndjson")];
    writeBenchFile(again, { events: 20_000, agents: 300, seed: 1 });
    writeBenchFile(other, { events: 20_000, agents: 300, seed: 2 });
    expect(linesOf(again)).toEqual(lines);
    expect(linesOf(other)).not.toEqual(lines);
  });

  it("is in time order over about three days, and no id comes twice", () => {
    const times = events.map(({ time }) => Date.parse(time));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const days = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 86_400_000;
    expect(Math.abs(days - 3)).toBeLessThan(0.3);
  });

  it("holds calls, issuances and refreshes in the stated shares", () => {
    const share = (kind: string) => events.filter((event) => event.kind === kind).length / events.length;
    expect(Math.abs(share("api.called") - 0.85)).toBeLessThan(0.02);
    expect(Math.abs(share("token.issued") - 0.08)).toBeLessThan(0.01);
    expect(Math.abs(share("token.refreshed") - 0.05)).toBeLessThan(0.01);
    expect(share("token.revoked")).toBeGreaterThan(0);
  });

  it("names every agent, some of them very often", () => {
    const counts = new Map<string, number>();
    for (const event of events)
      if (event.kind !== "tick") counts.set(event.agent.id, (counts.get(event.agent.id) ?? 0) + 1);
    expect(counts.size).toBe(300);
    expect(Math.max(...counts.values())).toBeGreaterThan(10 * (events.length / 300));
  });
});

describe("a shuffled file", () => {
  const latenessMs = 30_000;
  const options = { latenessMs, duplicates: 0.05, seed: 1 };

  it("holds the same lines in another order, one in twenty of them twice", async () => {
    const out = join(folder, "shuffled.ndjson");
    const count = await shuffled(plain, out, options);
    const mixed = linesOf(out);
    expect(mixed.length).toBe(count);
    expect(new Set(mixed)).toEqual(new Set(lines));
    expect(Math.abs(count / lines.length - 1.05)).toBeLessThan(0.01);
    expect(mixed.slice(0, 1000)).not.toEqual(lines.slice(0, 1000));
  });

  it("delays no line by the lateness or more, and is the same for the same seed", async () => {
    const [out, again] = [join(folder, "late.ndjson"), join(folder, "late-again.ndjson")];
    await shuffled(plain, out, options);
    await shuffled(plain, again, options);
    const times = linesOf(out).map((line) => Date.parse(JSON.parse(line).time));
    let latest = 0;
    for (const time of times) {
      expect(latest - time).toBeLessThan(latenessMs);
      latest = Math.max(latest, time);
    }
    expect(linesOf(again)).toEqual(linesOf(out));
  });

  it("is the file itself without lateness and duplicates", async () => {
    const out = join(folder, "same.ndjson");
    await shuffled(plain, out, { latenessMs: 0, duplicates: 0, seed: 1 });
    expect(linesOf(out)).toEqual(lines);
  });
});
