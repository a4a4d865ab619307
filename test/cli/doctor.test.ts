import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { clock } from "../../services/adapters/clock.ts";
import { openEmbedded } from "../../services/adapters/index.ts";
import { checkNode } from "../../services/cli/doctor-checks.ts";
import { loadOrMakeKey } from "../../services/ingest/index.ts";
import { agree, fingerprintOf } from "../../services/start/installation.ts";
import { ran } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

/** The checks by name, of an installation in this folder that nobody runs. */
async function doctor(data: string, more: object = {}) {
  const config = path("offgraph.yaml");
  writeFileSync(config, JSON.stringify({ data, ...more }));
  const { code, out } = await ran("doctor", "--json", "--config", config, "--url", "http://127.0.0.1:1");
  const checks = JSON.parse(out) as { check: string; state: string; found: string; whatToDo?: string }[];
  return { code, checks: Object.fromEntries(checks.map(({ check, ...rest }) => [check, rest])) };
}

/** A folder as the first start leaves it. */
async function installed(name: string) {
  const { store, close } = await openEmbedded({ folder: path(name), partitions: 2 });
  await agree(store, clock, { hashKey: fingerprintOf((await loadOrMakeKey(path(name))).secret) });
  await close();
  return path(name);
}

describe("the doctor of a data folder", () => {
  it("finds nothing wrong with what the first start leaves, and says that it does not run", async () => {
    const { code, checks } = await doctor(await installed("well"));
    expect(code).toBe(0);
    expect(checks).toMatchObject({
      node: { state: "ok" },
      "data folder": { state: "ok" },
      "log and store": { state: "ok", found: "can be read, 2 partitions" },
      "hash key": { state: "ok" },
      running: { state: "warning", whatToDo: expect.stringContaining("offgraph start") },
    });
  });

  it("warns of what others may read", async () => {
    const data = await installed("open");
    chmodSync(data, 0o755);
    chmodSync(join(data, "hash.key"), 0o644);
    const { code, checks } = await doctor(data);
    expect(code).toBe(0);
    expect(checks["data folder"]).toMatchObject({ state: "warning", whatToDo: `chmod 700 ${data}` });
    expect(checks["hash key"]).toMatchObject({
      state: "warning",
      whatToDo: expect.stringContaining("chmod 600"),
    });
  });

  it("fails for a key that is another one than the installation's, and for one that is gone", async () => {
    const data = await installed("changed");
    rmSync(join(data, "hash.key"));
    expect(await doctor(data)).toMatchObject({ code: 1, checks: { "hash key": { state: "failed" } } });
    await loadOrMakeKey(data);
    const { checks } = await doctor(data);
    expect(checks["hash key"]).toMatchObject({
      state: "failed",
      found: expect.stringContaining("another one"),
    });
  });

  it("fails for a folder that has lost its store, and for nothing where there is none yet", async () => {
    const data = await installed("broken");
    rmSync(join(data, "store.mdb"));
    expect(await doctor(data)).toMatchObject({ code: 1, checks: { "log and store": { state: "failed" } } });
    expect(await doctor(path("none"))).toMatchObject({
      code: 0,
      checks: { "data folder": { state: "warning" } },
    });
  });
});

it("looks at the topics of the sources too", async () => {
  const kafka = { brokers: ["127.0.0.1:1"] };
  const sources = [{ name: "aws", format: "cloudtrail", topics: ["trail"], kafka }];
  expect(await doctor(await installed("sources"), { sources })).toMatchObject({
    code: 1,
    checks: { "source aws (cloudtrail)": { state: "failed", found: expect.stringContaining("127.0.0.1:1") } },
  });
});

it("knows which Node is too old", () => {
  expect(["20.19.0", "22.18.9", "22.19.0", "24.0.0"].map((version) => checkNode(version).state)).toEqual([
    "failed",
    "failed",
    "ok",
    "ok",
  ]);
});
