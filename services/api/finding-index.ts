/** The findings that the api keeps at hand. Older ones come back with `offgraph replay`. */
import type { Finding } from "../../schemas/finding.ts";
import { type Highest, isNew } from "../../schemas/origin.ts";
import type { Stream } from "../ports/stream.ts";
import { followNewest, type Newest } from "./newest.ts";

const MAX_FINDINGS = 10_000;

/** The newest findings of the log, of all tenants, at most `max`; one that was sent again after a crash counts once. */
export function followFindings(stream: Stream, max = MAX_FINDINGS): Newest<Finding> {
  // Kept for each partition that is read, because only there the order of origins is the order of records.
  const highest = Array.from({ length: stream.partitions }, (): Highest => new Map());
  return followNewest<Finding>({
    stream,
    name: "findings",
    max,
    idOf: (finding) => finding.id,
    timeOf: (finding) => finding.time,
    read: ({ origin, value }, partition) =>
      isNew(highest[partition] ?? new Map(), origin) ? value : undefined,
  });
}
