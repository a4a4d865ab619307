import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { live } from "../../services/simulator/live.ts";
import { PROGRAM, ran, spawned } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-system-"));
const path = (name: string) => join(folder, name);
const data = path("data");
let child: ChildProcess;
let url: string;
let sent: number;
const log: Record<string, unknown>[] = [];

beforeAll(async () => {
  const plan = live({ seed: 7, agents: 6, start: Date.now() - 60_000 });
  sent = plan.cues.length;
  writeFileSync(path("live.ndjson"), plan.cues.map(({ event }) => JSON.stringify(event)).join("\n"));
  child = spawn(process.execPath, [PROGRAM, "start", "--data", data, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: folder,
  });
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  url = await new Promise((resolve) => {
    lines.on("line", (line) => {
      log.push(JSON.parse(line));
      if (log.at(-1)?.msg === "started") resolve(String(log.at(-1)?.url));
    });
  });
}, 30_000);
afterAll(() => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const remote = (...args: string[]) => ran(...args, "--url", url);
const json = async (...args: string[]) => JSON.parse((await remote(...args, "--json")).out);
const check = async (body: object): Promise<{ allowed: boolean }> => {
  const response = await fetch(`${url}/v1/check`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { allowed: boolean };
};

// One system for all, which ends with the last test.
describe("the running system", { shuffle: false }, () => {
  it("becomes ready", async () => {
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it("takes in a file, and says what it could not read with its line", async () => {
    writeFileSync(path("odd.ndjson"), `${readFileSync(path("live.ndjson"), "utf8")}\n{"kind":`);
    const { code, out, err } = await remote("ingest", path("odd.ndjson"));
    expect(code).toBe(65);
    expect(out).toContain(`${sent} events accepted, 1 record rejected`);
    expect(err).toMatch(new RegExp(`odd\\.ndjson:${sent + 1}: .*\\(invalid-json\\)`));
    expect(await json("dead-letters")).toMatchObject([{ code: "invalid-json", source: "offgraph" }]);
  });

  it("ends with 0 when it took everything, also again", async () => {
    expect((await remote("ingest", path("live.ndjson"))).code).toBe(0);
  });

  it("names fields that no event has once, with the first line that has them, and none when there are none", async () => {
    const lines = readFileSync(path("live.ndjson"), "utf8").split("\n").slice(0, 3);
    const misspelt = lines.map((line, at) => (at === 0 ? line : line.replace('"session"', '"sesion"')));
    writeFileSync(path("misspelt"), misspelt.join("\n"));
    const { code, err } = await remote("ingest", path("misspelt"));
    expect(code).toBe(0);
    expect(err.match(/misspelt:2: sesion is no field/g)?.length).toBe(1);
    const { warnings } = JSON.parse((await remote("ingest", path("misspelt"), "--json")).out);
    expect(warnings).toEqual([{ field: "sesion", file: path("misspelt"), line: 2 }]);
    expect((await remote("ingest", path("live.ndjson"))).err).not.toContain("is no field");
  });

  it("refuses what is not UTF-8, and says which source a file is of", async () => {
    const line = readFileSync(path("live.ndjson"), "utf8").split("\n")[0] ?? "";
    const broken = Buffer.from(line.replace(/"agent":\{"id":"/, "$&\u00ff"), "latin1");
    writeFileSync(path("latin"), Buffer.concat([broken, Buffer.from(`\n${line}`)]));
    const latin = JSON.parse((await remote("ingest", path("latin"), "--json")).out);
    expect(latin).toMatchObject({ accepted: 1, rejected: 1, shown: [{ line: 1, code: "invalid-utf8" }] });
    const { code, err } = await remote("ingest", path("live.ndjson"), "--source", "cloudtrail");
    expect([code, err]).toEqual([65, expect.stringContaining("it looks like --source offgraph")]);
    const none = await remote("ingest", path("none"), "--json");
    expect([none.code, none.out]).toEqual([65, ""]);
  });

  it("finds, gathers and explains", async () => {
    const findings = async () => (await remote("findings", "--limit", "1", "--json")).out;
    await expect.poll(findings).not.toBe("");
    const finding = JSON.parse(await findings());
    expect(await json("explain", finding.id)).toEqual(finding);
    expect((await remote("explain", finding.id)).out).toContain("Expected");
    await expect.poll(async () => (await json("incidents")).length).toBeGreaterThan(0);
    expect((await remote("explain", "f-0")).code).toBe(65);
  });

  it("shows what was learned, and exports it", async () => {
    await expect.poll(async () => (await json("agents")).length).toBe(6);
    expect((await remote("agents", "billing-01")).out).toContain("Answer a billing question");
    expect((await remote("agents", "nobody")).code).toBe(65);
    await remote("baseline", "export", "--output", path("baseline.ndjson"));
    expect(readFileSync(path("baseline.ndjson"), "utf8").trim().split("\n")).toHaveLength(6);
  });

  it("quarantines and releases an agent at the gate, and does nothing with --dry-run", async () => {
    await remote("quarantine", "travel-01", "--reason", "odd", "--dry-run");
    const { out } = await remote("quarantine", "travel-01", "--reason", "odd", "--for", "5m", "--yes");
    expect(out).toMatch(/Accepted as d-/);
    await expect.poll(async () => (await check({ agent: "travel-01" })).allowed).toBe(false);
    expect(await json("denials", "--agent", "travel-01", "--limit", "1")).toMatchObject([
      { agent: "travel-01", target: { type: "agent", id: "travel-01" }, reason: "odd" },
    ]);
    expect((await remote("denials")).out).toMatch(/travel-01 +agent +\d{4}-\d\d-\d\d \d\d:\d\d .* odd$/m);
    expect((await remote("agents")).out).toMatch(
      /denied until\n(.*\n)*travel-01 .*\d{4}-\d\d-\d\d \d\d:\d\d$/m,
    );
    await remote("release", "travel-01", "--reason", "seen", "--yes");
    await expect.poll(async () => (await check({ agent: "travel-01" })).allowed).toBe(true);
    expect((await remote("denials", "--agent", "travel-01")).out).toContain("Nobody is denied.");
    expect((await json("agents", "travel-01")).deniedUntil).toBeUndefined();
  });

  it("verifies its audit log over HTTP, in its folder and in a file, and names what was changed", async () => {
    const whole = await json("audit", "verify");
    expect(whole).toMatchObject({ intact: true, signatures: "checked", sealed: 0 });
    expect(whole.entries).toBeGreaterThan(3);
    const inFolder = JSON.parse(
      (await spawned(["audit", "verify", "--data", data, "--json"], { cwd: folder })).out,
    );
    expect(inFolder).toEqual(whole);
    await remote("audit", "export", "--output", path("audit.ndjson"));
    writeFileSync(path("audit.pub"), (await remote("audit", "key")).out);
    const verify = (...args: string[]) => ran("audit", "verify", path("audit.ndjson"), ...args);
    expect(JSON.parse((await verify("--key", path("audit.pub"), "--json")).out)).toEqual(whole);
    const unsigned = await verify();
    expect([unsigned.code, unsigned.out]).toEqual([
      0,
      expect.stringMatching(/Whole.*; signatures not checked\./),
    ]);
    const lines = readFileSync(path("audit.ndjson"), "utf8").trimEnd().split("\n");
    const at = lines.findIndex((line) => line.includes('"reason":"odd"'));
    writeFileSync(
      path("audit.ndjson"),
      lines.with(at, (lines[at] ?? "").replace('"odd"', '"fine"')).join("\n"),
    );
    const { code, out } = await verify();
    const { hash } = JSON.parse(lines[at] ?? "");
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`Broken at \\S+audit\\.ndjson:${at + 1} .*hash: the entry was changed`));
    expect(out).toMatch(new RegExp(`expected [0-9a-f]{64}\n  found    ${hash}`));
  });

  it("measures itself", async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/^offgraph_ingest_events_total\{source="offgraph"\} \d+$/m);
  });

  it("holds its data folder alone", async () => {
    const second = await spawned(["start", "--data", data, "--port", "0"], { cwd: folder });
    expect([second.code, second.err]).toEqual([69, expect.stringContaining("data-in-use")]);
  });

  it("ends cleanly on SIGTERM", async () => {
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
    expect(log.at(-1)?.msg).toBe("stopped");
    expect((await remote("findings")).code).toBe(69);
  });
});
