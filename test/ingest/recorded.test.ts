import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import { EventView, TEXT } from "../../schemas/event-view.ts";
import { PUBLIC_KEY } from "../../services/ingest/index.ts";
import { openRecorded } from "../../services/ingest/recorded.ts";
import { sourceNamed } from "../../services/ingest/sources/index.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-recorded-"));
afterAll(() => rmSync(folder, { recursive: true }));

function opened(lines: readonly (string | Buffer)[], options: { source?: string; latenessMs?: number } = {}) {
  const { source = "offgraph", latenessMs = 1000 } = options;
  const path = join(folder, `${Math.random()}.ndjson`);
  writeFileSync(
    path,
    Buffer.concat(lines.flatMap((line) => [Buffer.from(line as string), Buffer.from("\n")])),
  );
  const letters: DeadLetter[] = [];
  const recorded = openRecorded({
    path,
    source,
    convert: sourceNamed(source).open(),
    latenessMs,
    tenant: "default",
    key: PUBLIC_KEY,
    clock: { now: () => Date.parse("2026-03-05T00:00:00Z"), sleep: () => Promise.resolve() },
    maxLineBytes: 4096,
    tierOf: () => 0,
    onRefused: (letter) => letters.push(letter),
  });
  return { recorded, letters };
}

/** Reads to the end: `tenant id agent` of each event. */
async function read(lines: readonly (string | Buffer)[], options = {}) {
  const { recorded, letters } = opened(lines, options);
  const events: string[] = [];
  while (await recorded.fill()) {
    while (recorded.nextTime() < Number.POSITIVE_INFINITY) {
      const slot = recorded.take();
      const view = new EventView(recorded.columns).move(slot);
      events.push([TEXT.tenant, TEXT.id, TEXT.agent].map((column) => view.text(column)).join(" "));
      recorded.free(slot);
    }
  }
  return { events, letters, refused: recorded.refused, progress: recorded.progress() };
}

const event = (id: string, more: object = {}) => ({
  id,
  kind: "api.called",
  time: "2026-03-02T09:00:00.000Z",
  tenant: "default",
  source: "offgraph",
  agent: { id: "billing-01" },
  operation: { service: "erp", name: "read", tier: 0 },
  ...more,
});
const line = (id: string, more: object = {}) => JSON.stringify(event(id, more));

describe("a recorded file", () => {
  it("gives its events in the order of their times, and how far it has come", async () => {
    const { events, progress } = await read([
      line("b", { time: "2026-03-02T09:00:00.500Z" }),
      line("a"),
      line("c", { time: "2026-03-02T09:00:09Z" }),
    ]);
    expect(events).toEqual(["default a billing-01", "default b billing-01", "default c billing-01"]);
    expect(progress).toMatchObject({ done: progress.total });
    expect(progress.total).toBeGreaterThan(100);
  });

  it("reads the same whether a line is as we write it or takes the door", async () => {
    const odd = `{"x":1,${line("b").slice(1)}`;
    const { events, refused } = await read([line("a"), odd, line("c").replace('"erp"', '"\\u0065rp"')]);
    expect(events).toEqual(["default a billing-01", "default b billing-01", "default c billing-01"]);
    expect(refused).toBe(0);
  });

  it("gives every event the tenant of the replay, whatever it says and however it is written", async () => {
    const { events } = await read([
      line("a", { tenant: "other" }),
      line("b", { tenant: "other", workflow: "Zürich" }),
    ]);
    expect(events).toEqual(["default a billing-01", "default b billing-01"]);
  });

  it("sets aside what cannot be read, with its line and reason, and goes on", async () => {
    const ahead = line("ahead", { observedTime: "2026-03-02T08:00:00.000Z" });
    const { events, letters, refused } = await read([
      line("a"),
      "{",
      Buffer.from([0x22, 0xff, 0x22]),
      line("no-operation", { operation: undefined }),
      ahead,
      `"${"x".repeat(5000)}"`,
      line("z"),
    ]);
    expect(events).toEqual(["default a billing-01", "default z billing-01"]);
    expect(letters.map(({ line, code }) => `${line} ${code}`)).toEqual([
      "2 invalid-json",
      "3 invalid-utf8",
      "4 invalid-event",
      "5 future-event",
      "6 line-too-long",
    ]);
    expect(refused).toBe(5);
  });

  it("keeps no secret that a line holds", async () => {
    const secret = `Bearer ${"s3cretvalue".repeat(3)}`;
    const { recorded } = opened([line("a", { workflow: secret })]);
    await recorded.fill();
    const slot = recorded.take();
    expect(new EventView(recorded.columns).move(slot).line()).not.toContain("s3cretvalue");
  });

  it("ends at once when it is empty", async () => {
    expect(await read([])).toMatchObject({ events: [], refused: 0 });
  });
});
