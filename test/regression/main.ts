/**
 * `npm run regression` says what a change makes fire more, less or elsewhere, in the simulator's labelled sessions and in
 * recorded ones where they are at hand. It ends with 1 where that is more than the reference tolerates;
 * `npm run regression -- --update` makes what fires now the reference.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compared, type Tolerance } from "./compare.ts";
import { isRecorded, RECORDING, recorded } from "./recorded.ts";
import { simulated } from "./simulated.ts";
import type { Stories } from "./story.ts";

const PATH = join(import.meta.dirname, "reference.json");

interface Reference {
  readonly tolerance: Tolerance;
  readonly stories: Stories;
}

const tell = (text: string) => process.stdout.write(`${text}\n`);

async function played(): Promise<Stories> {
  const own = { simulated: simulated() };
  if (isRecorded()) return { ...own, recorded: await recorded() };
  tell(`not played: the recorded sessions, because ${RECORDING} is not there`);
  return own;
}

const reference: Reference = JSON.parse(readFileSync(PATH, "utf8"));
const stories = await played();
const all = compared(reference.stories, stories, reference.tolerance);
for (const { text, isBeyond } of all) tell(`${isBeyond ? "! " : "  "}${text}`);
const beyond = all.filter(({ isBeyond }) => isBeyond).length;
tell(all.length === 0 ? "fires as before" : `${all.length} differences, ${beyond} beyond what is tolerated`);

if (process.argv.includes("--update")) {
  // What was not played keeps its reference.
  const updated = { ...reference, stories: { ...reference.stories, ...stories } };
  writeFileSync(PATH, `${JSON.stringify(updated, undefined, 2)}\n`);
  tell("the reference is what fires now");
} else if (beyond > 0) {
  process.exitCode = 1;
}
