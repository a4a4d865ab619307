/** A second pass over the same agents: new sessions and tokens, the same work. */
import { EventScanner, hashKey } from "../../../schemas/event-scanner.ts";
import {
  type EventColumns,
  EventView,
  eventColumns,
  TEXT,
  TEXT_AT,
  TIMES,
} from "../../../schemas/event-view.ts";
import { readRecords } from "../../../services/ingest/files.ts";
import { PUBLIC_KEY } from "../../../services/ingest/index.ts";
import { createWorld, heldBytes } from "./world.ts";

/** Memory at one moment. */
export interface Point {
  /** 1 is the end of the first pass. */
  readonly passes: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
}

const DAY_MS = 86_400_000;
const PASS_MS = 3 * DAY_MS;
/** Texts that name something of one session. */
const FRESH = [TEXT.id, TEXT.session, TEXT.publicId, TEXT.hash, TEXT.family];
const MAX_LINE_BYTES = 1_048_576;

/** When memory is looked at, in passes: at the start of the second, and after each quarter of it. */
const LOOKS = [1, 1.25, 1.5, 1.75, 2];

/** Folds a file of so many events twice, and looks at memory now and then. */
export async function flatness(file: string, events: number): Promise<Point[]> {
  const { step } = createWorld();
  const scanner = new EventScanner(hashKey(PUBLIC_KEY.secret));
  const columns = eventColumns(1);
  const view = new EventView(columns);
  const points: Point[] = [];
  let folded = 0;
  for (const pass of [0, 1]) {
    for await (const block of readRecords(file, { maxLineBytes: MAX_LINE_BYTES })) {
      if ("code" in block) throw new Error("a line of the benchmark file is too long");
      for (let at = 0; at < block.count; at++) {
        scanner.scan(block.bytes, block.starts[at]!, block.ends[at]!, columns, 0, true);
        later(columns, pass);
        step(view.move(0));
        folded++;
        const passes = LOOKS[points.length] ?? 0;
        if (folded === Math.round(passes * events)) points.push(look(passes));
      }
    }
  }
  return points;
}

/** The event of another pass: three days later for each, and of other sessions and tokens. */
function later({ numbers, times }: EventColumns, pass: number): void {
  for (let at = 0; at < TIMES; at++) times[at] = times[at]! + pass * PASS_MS;
  for (const column of FRESH) {
    const at = TEXT_AT + column * 4;
    // An absent text stays absent.
    if (numbers[at + 3]! > 0) numbers[at] = numbers[at]! ^ Math.imul(pass, 0x9e3779b1);
  }
}

function look(passes: number): Point {
  const heapMiB = heldBytes() / 2 ** 20;
  return { passes, heapMiB, rssMiB: process.memoryUsage().rss / 2 ** 20 };
}
