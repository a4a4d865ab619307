/** The key of the audit log: made once, for its owner only. */
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadOrMakeAuditKey } from "../../services/responder/index.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "offgraph-key-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("is made once, also by two at the same time, and readable by its owner only", async () => {
  const keys = await Promise.all([loadOrMakeAuditKey(folder), loadOrMakeAuditKey(folder)]);
  const again = await loadOrMakeAuditKey(folder);
  for (const { publicKey } of keys) expect(publicKey.equals(again.publicKey)).toBe(true);
  expect((await stat(join(folder, "audit.key"))).mode & 0o777).toBe(0o600);
});

it("is refused if it is something else, without showing it", async () => {
  await writeFile(join(folder, "audit.key"), "sesame");
  const refused = loadOrMakeAuditKey(folder);
  await expect(refused).rejects.toMatchObject({ code: "bad-settings" });
  await expect(refused).rejects.not.toThrow("sesame");
});
