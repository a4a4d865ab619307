/** `offgraph audit verify` on files that were copied away. */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type AuditEntry, NO_ENTRIES, nextEntry } from "../../services/responder/audit.ts";
import { decision, NOW_MS } from "../responder/given.ts";
import { ran } from "./command.ts";

const folder = mkdtempSync(join(tmpdir(), "offgraph-audit-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const key = join(folder, "audit.pub");
writeFileSync(key, publicKey.export({ type: "spki", format: "pem" }));

const entries: AuditEntry[] = [];
for (let number = 0; number < 6; number++) {
  const record = { what: "decision.made", decision: decision("release") } as const;
  const time = new Date(NOW_MS + number).toISOString();
  entries.push(nextEntry(entries.at(-1) ?? NO_ENTRIES, { partition: 3, time, record }, privateKey));
}
const written = (name: string, some: readonly (AuditEntry | string)[]) => {
  const path = join(folder, name);
  writeFileSync(path, some.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n"));
  return path;
};
/** The log in two files, as the system leaves it. */
const files = (name: string) => {
  mkdirSync(join(folder, name));
  written(`${name}/audit-0003-000000000001.ndjson`, entries.slice(0, 4));
  written(`${name}/audit-0003-000000000005.ndjson`, entries.slice(4));
  return join(folder, name);
};

describe("the files of an audit log", () => {
  it("are whole in their order, however they are named on the command line", async () => {
    const path = files("whole");
    const { code, out } = await ran("audit", "verify", path, "--key", key);
    expect(code).toBe(0);
    expect(out).toContain("6 entries in 1 chain; signatures checked.");
    expect(out).toContain(`chain 3: ends with entry 6, ${entries[5]?.hash}`);
  });

  it("are not whole when one of them is missing", async () => {
    const path = files("missing");
    rmSync(join(path, "audit-0003-000000000001.ndjson"));
    const { code, out } = await ran("audit", "verify", path);
    expect(code).toBe(1);
    expect(out).toMatch(
      /Broken at \S+005\.ndjson:1 \(chain 3, entry 1\): sequence: an entry is missing\n {2}expected 1\n {2}found {4}5/,
    );
  });

  it("are not whole with a line that is none, or one that somebody else signed", async () => {
    const odd = await ran(
      "audit",
      "verify",
      written("odd", [...entries.slice(0, 2), "{}", ...entries.slice(3)]),
    );
    expect([odd.code, odd.out]).toEqual([
      1,
      expect.stringMatching(/odd:3 \(chain 3, entry 3\): no entry of an audit log/),
    ]);
    const other = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" });
    const foreign = await ran(
      "audit",
      "verify",
      written("ok", entries),
      "--key",
      written("other.pub", [String(other)]),
      "--json",
    );
    expect([foreign.code, JSON.parse(foreign.out)]).toEqual([
      1,
      expect.objectContaining({
        fault: expect.objectContaining({ reason: "signature: not made with this key" }),
      }),
    ]);
  });

  it("are asked for when they are not there, and so is the key", async () => {
    expect((await ran("audit", "verify", join(folder, "nowhere"))).code).toBe(65);
    mkdirSync(join(folder, "empty"));
    expect((await ran("audit", "verify", join(folder, "empty"))).err).toContain(
      "holds no files of an audit log",
    );
    const path = written("some", entries);
    for (const wrong of [join(folder, "nowhere"), path])
      expect((await ran("audit", "verify", path, "--key", wrong)).code).toBe(2);
  });
});
