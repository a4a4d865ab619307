/** A person's word about what was learned, given on the command line to a system that runs. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../schemas/finding.ts";
import type { Learned } from "../../services/cli/learned.ts";
import { DAY, type Given, HOUR } from "../detectors/given.ts";
import { history, KINDS, LATER, READ, session, transfer } from "../detectors/sessions.ts";
import { PROGRAM, ran } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-baseline-"));
const path = (name: string) => join(folder, name);
const THIEF = "accounts@thief.example.net";
let child: ChildProcess;
let url: string;

beforeAll(async () => {
  child = spawn(process.execPath, [PROGRAM, "start", "--data", path("data"), "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: folder,
  });
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  url = await new Promise((resolve) => {
    lines.on("line", (line) => {
      const { msg, url: where } = JSON.parse(line);
      if (msg === "started") resolve(String(where));
    });
  });
}, 30_000);
afterAll(() => {
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

const remote = (...args: string[]) => ran(...args, "--url", url);
const json = async (...args: string[]) => JSON.parse((await remote(...args, "--json")).out);

async function sends(...events: readonly Given[]): Promise<void> {
  writeFileSync(path("events.ndjson"), events.map((event) => JSON.stringify(event)).join("\n"));
  expect((await remote("ingest", path("events.ndjson"))).code).toBe(0);
}

/** The finding of a session, as soon as it is there. */
async function foundIn([first]: readonly Given[]): Promise<Finding> {
  const all = async () =>
    (await remote("findings", "--limit", "100", "--json")).out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Finding)
      .find((finding) => finding.session === first?.session);
  await expect.poll(all).toBeDefined();
  return (await all()) as Finding;
}

const learned = async (): Promise<Learned> => (await json("agents", "a"))["out-of-graph"];
const stateOf = async (workflow: string, operation: string) =>
  (await learned()).workflows
    .find((one) => one.workflow === workflow)
    ?.operations.find((one) => one.operation === operation)?.state;
const strange = (atMs: number) => session(atMs, [READ, transfer(THIEF)], { workflow: "Ask" });

const first = strange(LATER);

// One system for all, which goes on from test to test.
describe("offgraph baseline", { shuffle: false }, () => {
  it("knows what was learned", async () => {
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
    await sends(...history(60), ...session(LATER - DAY, KINDS.Ask(99), { workflow: "Ask" }));
    await expect.poll(async () => (await json("agents")).length).toBe(1);
  });

  it("release shows what it would change, and changes nothing without --yes", async () => {
    await sends(...first, ...session(LATER + HOUR, [READ], { workflow: "Ask" }));
    const { id, session: name } = await foundIn(first);
    await expect.poll(async () => (await learned()).heldSessions.length).toBe(1);
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
    await expect
      .poll(async () => (await learned()).denied)
      .toMatchObject([
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
    await expect.poll(() => stateOf("Ask", "erp delete_ledger")).toBe("pinned");
  });

  it("deny with a target denies that value, and approve takes it back", async () => {
    const other = ["a", "bank", "transfer", "--target", "payee=accounts@supplier-1.example.com"];
    const { out } = await remote("baseline", "deny", ...other, "--reason", "fraud", "--yes");
    expect(out).toContain(
      "`bank transfer` with payee `accounts@supplier-1.example.com`: baseline, in 20 sessions → denied",
    );
    await expect.poll(async () => (await learned()).denied.length).toBe(3);
    await remote("baseline", "approve", ...other, "--reason", "cleared", "--yes");
    await expect.poll(async () => (await learned()).denied.length).toBe(2);
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
    ]);
  });

  it("refuses a target that names no field, and a finding that is not there", async () => {
    expect((await remote("baseline", "deny", "a", "x", "y", "--target", "z", "--reason", "r")).code).toBe(2);
    expect((await remote("baseline", "release", "f-0", "--reason", "r")).code).toBe(65);
    expect((await remote("baseline", "approve", "a", "x", "y")).code).toBe(2);
  });
});
