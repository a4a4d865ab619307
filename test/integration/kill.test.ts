/** The real service, ended at random moments: a few kills here, twenty in test/kill. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { Settings } from "../../schemas/settings.ts";
import { readBooks } from "../kill/books.ts";
import { expectIntact } from "../kill/expectations.ts";
import { rest, send, sendAndKill } from "../kill/kill.ts";
import { startService } from "../kill/service.ts";
import { ENFORCING } from "../kill/settings.ts";
import { story } from "../kill/story.ts";

const root = mkdtempSync(join(tmpdir(), "offgraph-kill-"));
afterAll(() => rmSync(root, { recursive: true }));
// Committing often lets it come to rest sooner.
const given = { ...ENFORCING, processor: { commitIntervalMs: 200 } };
const settings = Settings.parse(given);

it("loses no accepted event and repeats no action when killed", async () => {
  const folder = join(root, "killed");
  const accepted = await sendAndKill({ folder, settings: given, seed: 1, kills: 3, agents: 3, days: 1 });
  expectIntact(await readBooks(folder, settings), accepted);
});

it("finishes with 0 at SIGTERM, and then says nothing twice", async () => {
  const options = { folder: join(root, "ended"), settings: given };
  const batches = story({ seed: 2, agents: 1, days: 1 }, Date.now());
  let service = await startService(options);
  for (const batch of batches) {
    expect(await send(service, batch)).toBe(true);
    if (!batch.isAttack) continue;
    // Findings of this batch are on their way now.
    expect(await service.stop("SIGTERM")).toBe(0);
    service = await startService(options);
  }
  await rest(service, options);
  const books = await readBooks(options.folder, settings);
  expectIntact(books, new Set(batches.flatMap(({ ids }) => ids)));
  expect(books.findings.length).toBe(books.replayed.length);
  expect(books.outcomes.length).toBe(books.actions.length);
});
