/** A person's word about what was learned, given on the command line to a system that runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import { DAY, type Given, HOUR } from "../detectors/given.ts";
import { history, KINDS, LATER, READ, session, transfer } from "../detectors/sessions.ts";
import { type ServiceProcess, startService } from "../kill/service.ts";
import { COMMITS_SOON, eventually, talkTo } from "./talk.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-baseline-"));
const path = (name: string) => join(folder, name);
const THIEF = "accounts@thief.example.net";
let system: ServiceProcess;
const talk = talkTo(() => system.url, folder);
const { remote, json, ready, learned, sends } = talk;

beforeAll(async () => {
  system = await startService({ folder: path("data"), settings: COMMITS_SOON });
}, 30_000);
afterAll(async () => {
  await system.stop("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** The finding of a session, as soon as it is there. */
async function foundIn(events: readonly Given[]): Promise<Finding> {
  await eventually(async () => (await talk.foundIn(events)).length).toBeGreaterThan(0);
  return (await talk.foundIn(events))[0] as Finding;
}

const stateOf = async (workflow: string, operation: string) =>
  (await learned()).workflows
    .find((one) => one.workflow === workflow)
    ?.operations.find((one) => one.operation === operation)?.state;
const strange = (atMs: number) => session(atMs, [READ, transfer(THIEF)], { workflow: "Ask" });

const first = strange(LATER);

// One system for all, which goes on from test to test.
describe("offgraph baseline", { shuffle: false, timeout: 30_000 }, () => {
  it("knows what was learned", async () => {
    await ready();
    await sends(...history(60), ...session(LATER - DAY, KINDS.Ask(99), { workflow: "Ask" }));
    await eventually(async () => (await json("agents")).length).toBe(1);
  });

  it("release shows what it would change, and changes nothing without --yes", async () => {
    await sends(...first, ...session(LATER + HOUR, [READ], { workflow: "Ask" }));
    const { id, session: name } = await foundIn(first);
    await eventually(async () => (await learned()).heldSessions.length).toBe(1);
    const { out, code } = await remote("baseline", "release", id, "--approve", "--reason", "ours");
    expect(code).toBe(0);
    expect(out).toContain(`a: session ${name} teaches the baseline; it is held until 2026-04-05 00:00`);
    expect(out).toContain("`bank transfer` in workflow Ask, with its new targets → baseline");
    expect(out).toContain("Nothing was done; --yes does it.");
    expect(await json("baseline", "release", id, "--reason", "ours")).toMatchObject({ dryRun: true });
    expect((await learned()).heldSessions).toHaveLength(1);
  });

  it("confirm keeps the session out, and with --deny makes its edges break a rule", async () => {
    const { id } = await foundIn(first);
    const { out } = await remote("baseline", "confirm", id, "--deny", "--reason", "theft", "--yes");
    expect(out).toMatch(/Accepted as d-[0-9a-f]{32}, by loopback\./);
    await eventually(async () => (await learned()).denied).toMatchObject([
      { operation: "bank transfer", workflow: "Ask" },
      { operation: "bank transfer", field: "payee", value: THIEF },
    ]);
    const again = strange(LATER + DAY);
    await sends(...again);
    expect(await foundIn(again)).toMatchObject({ kind: "edge-denied", evidenceKind: "invariant" });
  });

  it("approve makes a sensitive operation baseline, and says how it stood before", async () => {
    const args = ["approve", "a", "erp", "delete_ledger", "--workflow", "Ask", "--reason", "contract 7"];
    expect((await remote("baseline", ...args)).out).toContain(
      "a: `erp delete_ledger` in workflow `Ask`: never learned → baseline from now on, whoever has used it",
    );
    expect(await stateOf("Ask", "erp delete_ledger")).toBeUndefined();
    expect(await json("baseline", ...args, "--yes")).toMatchObject({
      verdict: "approve-edge",
      subject: "erp delete_ledger in Ask",
      reason: "contract 7",
    });
    await eventually(() => stateOf("Ask", "erp delete_ledger")).toBe("pinned");
  });

  it("deny with a target denies that value, and approve takes it back", async () => {
    const other = ["a", "bank", "transfer", "--target", "payee=accounts@supplier-1.example.com"];
    const { out } = await remote("baseline", "deny", ...other, "--reason", "fraud", "--yes");
    expect(out).toContain(
      "`bank transfer` with payee `accounts@supplier-1.example.com`: baseline, in 20 sessions → denied",
    );
    await eventually(async () => (await learned()).denied.length).toBe(3);
    await remote("baseline", "approve", ...other, "--reason", "cleared", "--yes");
    await eventually(async () => (await learned()).denied.length).toBe(2);
    await remote("baseline", "export", "--output", path("before.ndjson"));
  });

  it("undo shows what goes, and makes the baseline what it was, decisions included", async () => {
    const late = session(LATER + 2 * DAY, [READ, { name: "look" }], { workflow: "Ask" });
    await sends(...late, ...session(LATER + 3 * DAY, [READ], { workflow: "Ask" }));
    await eventually(() => stateOf("Ask", "erp look")).toBe("candidate");
    const { version } = await learned();
    const args = ["undo", "a", "--since", "2026-03-21T12:00:00Z", "--reason", "poisoned"];
    const { out, code } = await remote("baseline", ...args);
    expect([code, out]).toEqual([
      0,
      expect.stringContaining("- workflow `Ask`: `erp delete_ledger` (pinned) is no longer baseline"),
    ]);
    expect(out).toMatch(/the agent: shadow, \d+ sessions → shadow, 120 sessions/);
    expect(out).toContain("- `bank transfer` in Ask is no longer denied");
    expect(await stateOf("Ask", "erp look")).toBe("candidate");
    await remote("baseline", ...args, "--yes");
    await eventually(() => stateOf("Ask", "erp look")).toBeUndefined();
    expect(await learned()).toMatchObject({ denied: [], version: expect.toSatisfy((is) => is > version) });
    const again = strange(LATER + 4 * DAY);
    await sends(...again);
    expect(await foundIn(again)).toMatchObject({ kind: "operation-and-target-new" });
  });

  it("import shows what comes, and puts back what was exported", async () => {
    expect(await stateOf("Ask", "erp delete_ledger")).toBeUndefined();
    const args = ["import", path("before.ndjson"), "--reason", "too much was undone"];
    expect((await remote("baseline", ...args)).out).toContain(
      "+ workflow `Ask`: `erp delete_ledger` (pinned) is baseline",
    );
    await remote("baseline", ...args, "--yes");
    await eventually(() => stateOf("Ask", "erp delete_ledger")).toBe("pinned");
    expect((await learned()).denied).toHaveLength(2);
  });

  it("import refuses what was exported under another key, and what is no export", async () => {
    const [line = ""] = readFileSync(path("before.ndjson"), "utf8").split("\n");
    const refused = async (text: string) => {
      writeFileSync(path("odd.ndjson"), text);
      return remote("baseline", "import", path("odd.ndjson"), "--reason", "r");
    };
    const other = await refused(JSON.stringify({ ...JSON.parse(line), key: "another" }));
    expect([other.code, other.err]).toEqual([2, expect.stringContaining("exported under the key another")]);
    const broken = await refused(JSON.stringify({ ...JSON.parse(line), stored: { row: "AAAA" } }));
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining("this version cannot read it")]);
    expect((await refused("{}")).code).toBe(65);
    expect((await refused("")).code).toBe(65);
  });

  it("leaves who said what in the audit log", async () => {
    const entries = (await remote("audit", "export")).out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const decisions = entries.flatMap(({ record }) =>
      record.what === "decision.made" ? [record.decision] : [],
    );
    expect(decisions.map(({ verdict, by }) => [verdict, by])).toEqual([
      ["confirm-session", "loopback"],
      ["approve-edge", "loopback"],
      ["deny-edge", "loopback"],
      ["approve-edge", "loopback"],
      ["undo", "loopback"],
      ["import", "loopback"],
    ]);
  });

  it("refuses a target that names no field, and a finding that is not there", async () => {
    expect((await remote("baseline", "deny", "a", "x", "y", "--target", "z", "--reason", "r")).code).toBe(2);
    expect((await remote("baseline", "release", "f-0", "--reason", "r")).code).toBe(65);
    expect((await remote("baseline", "approve", "a", "x", "y", "--yes")).code).toBe(2);
  });
});
