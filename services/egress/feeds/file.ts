/**
 * Findings as lines of JSON in a file.
 *
 * Order: append → fsync → commit the position. After a crash in between the batch comes again, and what the file holds already is
 * skipped by its id: one batch at a time is written, so it can only be the last one, whose ids are read from the file's end. Lines
 * are never lost and never torn: an unfinished last line is cut off at the start. One process writes one file.
 */
import { type FileHandle, open } from "node:fs/promises";
import { OffgraphError } from "../../../schemas/errors.ts";
import type { Finding } from "../../../schemas/finding.ts";
import type { Service } from "../../http.ts";
import { inTurnUntilOneFails } from "../../in-turn.ts";
import type { Store } from "../../ports/store.ts";
import type { RecordBatch, Stream } from "../../ports/stream.ts";
import { type FindingIntake, openFindingIntake } from "./intake.ts";

/** What the findings file is written from, and where to. */
export interface FileFeedOptions {
  readonly stream: Stream;
  readonly store: Store;
  /** Made if it is not there. It may be moved away at any time; the next batch makes a new one. */
  readonly path: string;
}

const SPACE = "feed-file";
const MAX_BATCH_BYTES = 262_144;
/** The last batch, and one finding that alone is larger than a batch may be. */
const TAIL_BYTES = 2_097_152;
const NEWLINE = 0x0a;

/** Starts the feed. `done` rejects with `file-unreadable` if the file cannot be opened or written. */
export function startFileFeed({ stream, store, path }: FileFeedOptions): Service {
  const intakes = new Map<number, FindingIntake>();
  // Read once, before the first line is written: what a crash may have left behind.
  const opening = repair(path);
  const inTurn = inTurnUntilOneFails();

  async function write(intake: FindingIntake, batch: RecordBatch): Promise<void> {
    const written = await opening;
    const findings = intake.newFindings(batch).filter(({ id }) => !written.has(id));
    await append(path, findings);
    await intake.commit([]);
  }

  const subscription = stream.consume(
    "findings",
    SPACE,
    {
      async assigned(partition) {
        await opening;
        const intake = await openFindingIntake(store, SPACE, partition);
        intakes.set(partition, intake);
        return intake.position;
      },
      async batch(batch) {
        const intake = intakes.get(batch.partition);
        if (intake !== undefined) await inTurn(() => write(intake, batch));
      },
      async revoked(partition) {
        intakes.delete(partition);
      },
    },
    { maxBytes: MAX_BATCH_BYTES },
  );
  return {
    waitingFor: () => (intakes.size > 0 ? undefined : "the findings file is not open yet"),
    stop: () => subscription.stop(),
    done: subscription.done,
  };
}

async function append(path: string, findings: readonly Finding[]): Promise<void> {
  if (findings.length === 0) return;
  await withFile(path, "a", async (file) => {
    await file.appendFile(findings.map((finding) => `${JSON.stringify(finding)}\n`).join(""));
    await file.datasync();
  });
}

/** Cuts off an unfinished last line; answers the ids of the findings at the end of the file. */
async function repair(path: string): Promise<ReadonlySet<string>> {
  await withFile(path, "a", async () => {});
  return withFile(path, "r+", async (file) => {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    await file.read(tail, 0, tail.length, size - tail.length);
    const end = tail.lastIndexOf(NEWLINE) + 1;
    if (end < tail.length) await file.truncate(size - tail.length + end);
    const lines = tail.subarray(0, end).toString().split("\n");
    return new Set(lines.flatMap((line) => /"id":"(f-[0-9a-f]{32})"/.exec(line)?.[1] ?? []));
  });
}

async function withFile<Value>(
  path: string,
  flags: string,
  work: (file: FileHandle) => Promise<Value>,
): Promise<Value> {
  try {
    await using file = await open(path, flags, 0o600);
    return await work(file);
  } catch (cause) {
    throw new OffgraphError("file-unreadable", `feeds.file: cannot write ${path}`, { cause });
  }
}
