/** Records of the log that are set aside. Such a record has passed the door, so it holds no secrets. */
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { ErrorCode } from "../../schemas/errors.ts";
import { Tenant } from "../../schemas/ids.ts";
import type { NewRecord } from "../ports/stream.ts";
import type { State } from "./state.ts";

/** What is wrong with a record. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Most bytes of a record that its dead letter shows. */
const EXCERPT = 4096;

/** The dead letter of the record at a position, which stands in these bytes. */
export function letterOf(bytes: Buffer, position: number, problem: Problem, state: State): NewRecord {
  const { partition, clock, stream } = state;
  const letter: DeadLetter = {
    ...problem,
    source: "events",
    tenant: tenantOf(bytes) ?? state.tenant,
    place: `events/${partition}/${position}`,
    time: new Date(clock.now()).toISOString(),
    excerpt: bytes.toString("utf8", 0, EXCERPT).replace(/\p{Cc}/gu, " "),
    bytes: bytes.length,
  };
  return {
    stream: "dead-letters",
    partition: partition % stream.partitions,
    value: Buffer.from(JSON.stringify(letter)),
  };
}

/** The tenant that a record names, if so much of it can be read. */
function tenantOf(bytes: Buffer): Tenant | undefined {
  try {
    return Tenant.safeParse(JSON.parse(bytes.toString("utf8"))?.tenant).data;
  } catch {
    return undefined;
  }
}
