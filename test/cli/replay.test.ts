import { createHash } from "node:crypto";
import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { history } from "../../services/simulator/history.ts";
import { live } from "../../services/simulator/live.ts";
import { LATER, history as past, READ, session } from "../detectors/sessions.ts";
import { ran } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-replay-"));
const path = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const START = Date.parse("2026-01-12T10:00:00Z");
let lines: string[];

beforeAll(() => {
  const plan = live({ seed: 7, agents: 6, start: START });
  lines = plan.cues.map(({ event }) => JSON.stringify(event));
  writeFileSync(path("live.ndjson"), lines.join("\n"));
  const quiet = [...history({ seed: 7, agents: 6, days: 8, end: START })];
  writeFileSync(
    path("quiet.ndjson.gz"),
    gzipSync(quiet.map((event) => JSON.stringify(event)).join("\n"), { level: 1 }),
  );
});

describe("offgraph replay", () => {
  it("prints one JSON object, whose hash is that of the findings file", async () => {
    const { code, out } = await ran(
      "replay",
      path("live.ndjson"),
      "--source",
      "offgraph",
      "--findings",
      path("f"),
      "--json",
    );
    const summary = JSON.parse(out);
    expect(code).toBe(0);
    expect(summary).toMatchObject({ events: lines.length, rejected: 0, agents: 6 });
    const bytes = readFileSync(path("f"));
    expect(summary.findings).toBe(bytes.toString().split("\n").length - 1);
    expect(summary.findings).toBeGreaterThan(0);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(summary.findingsSha256);
    expect(JSON.parse((await ran("replay", path("live.ndjson"), "--json")).out).findingsSha256).toBe(
      summary.findingsSha256,
    );
  });

  it("says why what new versions bring is told as low, and nothing of it where there are none", async () => {
    const running = (version: string) => ({ workflow: "Ask", agent: { id: "a", version } });
    const before = past(60).map((one) => ({ ...one, agent: { id: "a", version: "1" } }));
    const label = { name: "add_label", tier: 1 } as const;
    const loud = { service: "ledgers", name: "delete", tier: 2 } as const;
    const events = [...before, ...session(LATER, [READ, label, loud], running("2"))];
    const summaryOf = async (some: readonly object[]) => {
      writeFileSync(path("versions.ndjson"), some.map((one) => JSON.stringify(one)).join("\n"));
      return (await ran("replay", path("versions.ndjson"))).out;
    };
    const summary = await summaryOf(events);
    expect(summary).toMatch(/low +out-of-graph +operation-new-to-workflow, new version +1 +1\n/);
    expect(summary).toMatch(/medium +out-of-graph +operation-new-to-workflow +1 +1\n/);
    expect(summary).toContain("New version: what an agent writes for the first time");
    const same = events.map((one) => ({ ...one, agent: { id: "a", version: "1" } }));
    expect(await summaryOf(same)).not.toContain("ew version");
  });

  it("writes findings with what scripts need", async () => {
    await ran("replay", path("live.ndjson"), "--findings", path("f"), "--json");
    const [first] = readFileSync(path("f"), "utf8").split("\n");
    for (const name of ["id", "detector", "agent", "session", "severity", "time", "eventIds", "summary"])
      expect(JSON.parse(first ?? "")).toHaveProperty(name);
  });

  it("tells a stranger what was found, by detector, agent and example", async () => {
    const { out } = await ran("replay", path("live.ndjson"));
    for (const word of [
      "events of",
      "severity",
      "detector",
      "token-reuse",
      "refresh-storm",
      "The first of each kind",
    ])
      expect(out).toContain(word);
  });

  it("learns in silence from --learn, and then knows what leaves the graph", async () => {
    const alone = await ran("replay", path("live.ndjson"), "--json", "--findings", path("alone"));
    const taught = await ran(
      "replay",
      "--learn",
      path("quiet.ndjson.gz"),
      path("live.ndjson"),
      "--json",
      "--findings",
      path("taught"),
    );
    expect([alone.code, taught.code]).toEqual([0, 0]);
    expect(JSON.parse(taught.out).events).toBe(lines.length);
    expect(readFileSync(path("alone"), "utf8")).not.toContain('"detector":"out-of-graph"');
    expect(readFileSync(path("taught"), "utf8")).toContain('"detector":"out-of-graph"');
  });

  it("ends with 1 when a finding is as severe as --fail-on, and with 0 when none is", async () => {
    expect((await ran("replay", path("live.ndjson"), "--fail-on", "high")).code).toBe(1);
    writeFileSync(path("one.ndjson"), lines[0] ?? "");
    expect((await ran("replay", path("one.ndjson"), "--fail-on", "informational")).code).toBe(0);
  });

  it("reports what it read of a truncated file, names file and line, and ends with 65", async () => {
    const whole = readFileSync(path("quiet.ndjson.gz"));
    writeFileSync(path("cut.gz"), whole.subarray(0, whole.length >> 1));
    const { code, out, err } = await ran("replay", path("cut.gz"), "--json");
    expect(code).toBe(65);
    expect(JSON.parse(out).events).toBeGreaterThan(0);
    expect(err).toMatch(/cut\.gz: .*too early; the last whole line is \d+/);
  });

  it("keeps what it cannot read with --dead-letters, and goes on", async () => {
    writeFileSync(path("odd.ndjson"), [lines[0], "{", '{"kind":"nonsense"}', lines[1]].join("\n"));
    const { out } = await ran("replay", path("odd.ndjson"), "--dead-letters", path("letters"), "--json");
    expect(JSON.parse(out)).toMatchObject({ events: 2, rejected: 2 });
    const letters = readFileSync(path("letters"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(letters.map(({ code, line }) => [code, line])).toEqual([
      ["invalid-json", 2],
      ["invalid-event", 3],
    ]);
  });

  it("never writes over what it reads, nor two outputs into one file", async () => {
    writeFileSync(path("own.ndjson"), lines.join("\n"));
    linkSync(path("own.ndjson"), path("hard-link"));
    symlinkSync(path("own.ndjson"), path("soft-link"));
    const own = path("own.ndjson");
    const cases = [
      [own, "--findings", own],
      [own, "--dead-letters", path("hard-link")],
      [own, "--truth", path("soft-link")],
      [path("live.ndjson"), "--learn", own, "--findings", own],
      [path("live.ndjson"), "--key", own, "--findings", own],
      [own, "--findings", path("new"), "--truth", join(folder, ".", "new")],
    ];
    for (const args of cases) {
      const { code, err } = await ran("replay", ...args);
      expect([code, err]).toEqual([2, expect.stringContaining("is the same file as")]);
    }
    expect(readFileSync(own, "utf8")).toBe(lines.join("\n"));
    expect((await ran("replay", own, "--findings", "/dev/null", "--truth", "/dev/null")).code).toBe(0);
  });

  it("leaves an output as it was when nothing was read, and no draft beside it", async () => {
    writeFileSync(path("kept"), "before");
    const { code, out, err } = await ran("replay", path("none"), "--json", "--findings", path("kept"));
    expect([code, out, err]).toEqual([65, "", expect.stringContaining("none")]);
    expect(readFileSync(path("kept"), "utf8")).toBe("before");
    await ran("replay", path("live.ndjson"), "--findings", path("kept"));
    expect(readFileSync(path("kept"), "utf8")).toContain('"detector"');
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("says which source a file is of when nothing of it can be read", async () => {
    const wrong = await ran("replay", path("live.ndjson"), "--source", "cloudtrail");
    expect(wrong.code).toBe(65);
    expect(wrong.err).toContain("no record can be read as cloudtrail; it looks like --source offgraph");
    writeFileSync(path("nonsense"), "{ nothing }\n");
    const { code, err } = await ran("replay", path("nonsense"), path("live.ndjson"));
    expect([code, err]).toEqual([65, expect.stringMatching(/nonsense: nothing in it is JSON\n/)]);
  });

  it.each([
    ["a list", '[{"id":"c-1","kind":'],
    ["a text in a line", '{"id":"c-'],
    ["an object in a line", '{"id":"c-1"'],
  ])("says that %s ends too early, where JSON was cut off", async (_name, text) => {
    writeFileSync(path("cut.json"), text);
    const { code, out } = await ran("replay", path("cut.json"));
    expect([code, out]).toEqual([
      65,
      expect.stringContaining("cut.json:1: expected JSON, and it ends too early\n"),
    ]);
  });

  it("refuses what it cannot begin, with a way out and no stack", async () => {
    const cases = [
      [["none.ndjson"], 65, /^offgraph: none\.ndjson: cannot be read: there is no such file or folder\n/],
      [["x", "--source", "nope"], 2, /nope/],
      [["x", "--findings", "/no/such/folder/f"], 65, /cannot be written/],
    ] as const;
    for (const [args, code, text] of cases) {
      const ended = await ran("replay", ...args);
      expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(text)]);
      expect(ended.err).not.toContain("    at ");
    }
  });
});
