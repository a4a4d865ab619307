/** A contract from what was learned to the end of its workflow's silence: keys, draft, signature, check and application. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { DAY, HOUR } from "../detectors/given.ts";
import { history, KINDS, LATER, payee, READ, session } from "../detectors/sessions.ts";
import { type ServiceProcess, startService } from "../kill/service.ts";
import { ran } from "./command.ts";
import { COMMITS_SOON, eventually, talkTo } from "./talk.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-contract-"));
const path = (name: string) => join(folder, name);
const UNTIL = "2099-01-01T00:00:00.000Z";
let system: ServiceProcess;
const { remote, json, ready, learned, sends, foundIn } = talkTo(() => system.url, folder);

const settings = {
  ...COMMITS_SOON,
  contracts: { keys: [{ name: "owner", publicKeyFile: path("owner.pub") }] },
};
const start = async () => {
  system = await startService({ folder: path("data"), settings });
};

beforeAll(async () => {
  expect((await ran("contract", "keygen", path("owner"))).code).toBe(0);
  expect((await ran("contract", "keygen", path("stranger"))).code).toBe(0);
  await start();
}, 30_000);
afterAll(async () => {
  await system.stop("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** Signs a contract of workflow Ask, and answers the file. */
async function signed(name: string, changes: object, key = "owner"): Promise<string> {
  const whole = {
    name: "ask",
    version: 1,
    agent: "a",
    workflow: "Ask",
    until: UNTIL,
    operations: [{ service: "erp", operation: "delete_ledger", sensitive: true }],
    ...changes,
  };
  writeFileSync(path(`${name}.yaml`), stringify(whole));
  expect(await ran("contract", "sign", path(`${name}.yaml`), "--key", path(key))).toMatchObject({ code: 0 });
  return path(`${name}.jws`);
}

const ask = (atMs: number, ...steps: Parameters<typeof session>[1]) =>
  session(atMs, [READ, ...steps], { workflow: "Ask" });
const DELETE = { name: "delete_ledger", tier: 1 } as const;
const WIPE = { name: "wipe", tier: 1 } as const;
const state = async (name: string) =>
  (await learned()).workflows
    .find(({ workflow }) => workflow === "Ask")
    ?.operations.find(({ operation }) => operation === name);

// One system for all, which goes on from test to test.
describe("offgraph contract", { shuffle: false, timeout: 30_000 }, () => {
  it("keygen makes a key that its owner alone can read, and overwrites none", async () => {
    expect(statSync(path("owner")).mode & 0o077).toBe(0);
    expect(readFileSync(path("owner.pub"), "utf8")).toContain("BEGIN PUBLIC KEY");
    expect(await ran("contract", "keygen", path("owner"))).toMatchObject({ code: 2 });
  });

  it("draft prints what was learned, as it can be signed", async () => {
    await ready();
    await sends(...history(60), ...session(LATER - DAY, KINDS.Ask(99), { workflow: "Ask" }));
    await eventually(async () => (await json("agents")).length).toBe(1);
    expect(await remote("contract", "draft", "a")).toMatchObject({
      code: 2,
      err: expect.stringContaining("name one of Pay, Ask with --workflow"),
    });
    const { out } = await remote("contract", "draft", "a", "--workflow", "Pay");
    expect(parse(out)).toMatchObject({
      name: "pay",
      version: 1,
      agent: "a",
      workflow: "Pay",
      closed: false,
      operations: expect.arrayContaining([
        { service: "erp", operation: "read_invoice", sensitive: false },
        {
          service: "bank",
          operation: "transfer",
          sensitive: true,
          targets: { payee: expect.arrayContaining([payee(0), payee(1), payee(2)]) },
        },
      ]),
    });
    writeFileSync(path("pay.yaml"), out);
    expect((await ran("contract", "sign", path("pay.yaml"), "--key", path("owner"))).code).toBe(0);
  });

  it("check says who has signed it and what it would change, and changes nothing", async () => {
    const file = await signed("one", {});
    const { out, code } = await remote("contract", "check", file);
    expect(code).toBe(0);
    expect(out).toContain(
      "a: contract ask v1, signed by owner, for workflow `Ask` until 2099-01-01 00:00; other operations stay as they are:",
    );
    expect(out).toContain("`erp delete_ledger`: never learned → may be used");
    expect(out).toContain("Nothing was done; --yes does it.");
    expect(await json("contract", "apply", file)).toMatchObject({ dryRun: true });
    expect((await learned()).contracts).toEqual([]);
  });

  it("refuses what a stranger has signed, what is not signed, and what was changed", async () => {
    const refused = async (file: string) => {
      const { code, err } = await remote("contract", "apply", file, "--yes");
      return [code, err];
    };
    expect(await refused(await signed("foreign", {}, "stranger"))).toEqual([
      65,
      expect.stringContaining("its header is not that of a trusted key"),
    ]);
    expect(await refused(path("one.yaml"))).toEqual([2, expect.stringContaining("it is not signed")]);
    const [header, payload, signature] = readFileSync(path("one.jws"), "utf8").split(".");
    const changed = Buffer.from(payload ?? "", "base64url")
      .toString()
      .replace("delete", "wiping");
    writeFileSync(path("odd.jws"), [header, Buffer.from(changed).toString("base64url"), signature].join("."));
    expect(await refused(path("odd.jws"))).toEqual([65, expect.stringContaining("was changed after")]);
    expect(await refused(await signed("old", { until: "2026-01-01T00:00:00Z" }))).toEqual([
      2,
      expect.stringContaining("it ended at 2026-01-01"),
    ]);
    expect((await learned()).contracts).toEqual([]);
  });

  it("apply makes a sensitive operation normal, and no other", async () => {
    const { out, code } = await remote("contract", "apply", await signed("one", {}), "--yes");
    expect([code, out]).toEqual([0, expect.stringMatching(/Accepted as d-[0-9a-f]{32}, by loopback\./)]);
    await eventually(async () => (await state("erp delete_ledger"))?.by).toBe(
      "contract ask v1, signed by owner",
    );
    const [named, other] = [ask(LATER, DELETE), ask(LATER + HOUR, WIPE)];
    await sends(...named, ...other);
    await eventually(async () => (await foundIn(other)).length).toBe(1);
    expect(await foundIn(named)).toEqual([]);
    expect((await remote("contract", "list", "a")).out).toMatch(
      /a +Ask +ask v1 +in force +1 +2099-01-01 00:00 +owner/,
    );
  });

  it("takes a newer version in its place, and refuses the older one from then on", async () => {
    const operations = [
      { service: "erp", operation: "read_invoice" },
      { service: "erp", operation: "search" },
    ];
    const file = await signed("two", { version: 2, closed: true, operations });
    const { out } = await remote("contract", "check", file);
    expect(out).toContain("in place of v1");
    expect(out).toContain("`erp delete_ledger`: pinned by the version before → as it was without");
    await remote("contract", "apply", file, "--yes");
    await eventually(async () => (await json("contract", "list"))[0]?.version).toBe(2);
    expect(await remote("contract", "apply", path("one.jws"), "--yes")).toMatchObject({
      code: 2,
      err: expect.stringContaining("version 1 was signed before"),
    });
    const outside = ask(LATER + DAY, DELETE);
    await sends(...outside);
    await eventually(async () => (await foundIn(outside)).length).toBe(1);
    const [finding] = await foundIn(outside);
    expect(finding).toMatchObject({ kind: "outside-contract", evidenceKind: "fact" });
    expect((await remote("explain", finding?.id ?? "")).out).toContain("By contract ask v2, signed by owner");
  });

  it("holds after a kill and a restart", async () => {
    const before = await learned();
    await system.stop("SIGKILL");
    await start();
    await ready();
    await eventually(async () => (await learned()).contracts).toEqual(before.contracts);
  });

  it("leaves in the audit log who applied it, and what the owner has signed", async () => {
    const entries = (await remote("audit", "export")).out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const decisions = entries.flatMap(({ record }) =>
      record.what === "decision.made" ? [record.decision] : [],
    );
    expect(decisions).toMatchObject([
      {
        verdict: "contract",
        by: "loopback",
        reason: "contract ask v1",
        subject: expect.stringMatching(/^contract ask v1, signed by owner: sha256 [0-9a-f]{64}$/),
        contract: readFileSync(path("one.jws"), "utf8").trim(),
      },
      { verdict: "contract", contract: readFileSync(path("two.jws"), "utf8").trim() },
    ]);
  });
});
