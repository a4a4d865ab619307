/** kill -9 twenty times at random moments. `KILL_SEED` repeats the moments of an earlier run. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Settings } from "../../schemas/settings.ts";
import { readBooks } from "./books.ts";
import { expectIntact } from "./expectations.ts";
import { sendAndKill } from "./kill.ts";
import { ENFORCING } from "./settings.ts";

it("loses no accepted event and repeats no action when killed twenty times", async () => {
  const seed = Number(process.env.KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`KILL_SEED=${seed}\n`);
  const root = mkdtempSync(join(tmpdir(), "offgraph-kill-"));
  try {
    const folder = join(root, "data");
    const accepted = await sendAndKill({ folder, settings: ENFORCING, seed, kills: 20, agents: 18, days: 2 });
    expect(accepted.size).toBeGreaterThan(5000);
    expectIntact(await readBooks(folder, Settings.parse(ENFORCING)), accepted);
  } finally {
    rmSync(root, { recursive: true });
  }
});
