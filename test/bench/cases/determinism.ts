/** The same findings, byte for byte, of the same file, and of it in another order and with repeats. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Case } from "../case.ts";
import { figure } from "../measure.ts";
import { replayFile } from "../replay-file.ts";
import { shuffled } from "../shuffle.ts";

const LATENESS_MS = 30_000;
const DUPLICATES = 0.05;

/** The findings of a file as one number, in their order. */
async function digestOf(path: string): Promise<{ sha256: string; findings: number }> {
  const hash = createHash("sha256");
  let findings = 0;
  await replayFile(path, (finding) => {
    hash.update(`${JSON.stringify(finding)}\n`);
    findings++;
  });
  return { sha256: hash.digest("hex"), findings };
}

/** `--only determinism`. */
export const determinismCase: Case = {
  name: "determinism",
  about: "SHA-256 of the findings: replayed twice, and shuffled within the lateness with repeats",
  async run({ benchFile, folder, note }) {
    const file = benchFile();
    const mixed = join(folder, "shuffled.ndjson");
    await shuffled(file, mixed, { latenessMs: LATENESS_MS, duplicates: DUPLICATES, seed: 1 });
    const [first, second, third] = [await digestOf(file), await digestOf(file), await digestOf(mixed)];
    note(`${first.findings} findings, ${first.sha256}`);
    for (const [other, how] of [
      [second, "again"],
      [third, "shuffled"],
    ] as const)
      if (other.sha256 !== first.sha256)
        throw new Error(`${how}: ${other.findings} findings, ${other.sha256}: not the same`);
    return [
      figure("findings, the same thrice", "findings", [first.findings, second.findings, third.findings]),
    ];
  },
};
