/** Rejected records of a batch: counted, the first of them listed, and more of them kept as dead letters. */
import { metrics } from "@opentelemetry/api";
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { ErrorCode } from "../../schemas/errors.ts";
import type { Clock } from "../ports/clock.ts";
import { deadLetter } from "./dead-letters.ts";

/** Rejections that an answer lists; the others are counted. */
const MAX_LISTED = 100;
/** Refused records of a batch that become dead letters; one more letter counts the others. */
const MAX_LETTERS = 1000;

const rejectedTotal = metrics.getMeter("offgraph").createCounter("offgraph_ingest_rejected_total", {
  description: "Records rejected, by source and code",
});

/** A record that was not taken: its line, from 1, and why. */
export interface Rejection {
  readonly line: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Whose records they are, and where those that are refused go. */
export interface RejectsOptions {
  readonly clock: Clock;
  readonly tenant: string;
  readonly source: string;
  /** The source's name in metrics. */
  readonly label: string;
  /** For dead letters: `http` ... */
  readonly place: string;
}

/** Begins a batch's. */
export function openRejects({ clock, tenant, source, label, place }: RejectsOptions) {
  const listed: Rejection[] = [];
  const letters: DeadLetter[] = [];
  let total = 0;
  let last: Rejection | undefined;
  const letterOf = (rejection: Rejection, record: Buffer, bytes: number) =>
    deadLetter({ ...rejection, source, tenant, place, record, bytes }, clock.now());
  return {
    /** `bytes` is the length of the whole record, of which `record` may be the beginning. */
    add(rejection: Rejection, record: Buffer, bytes: number): void {
      total++;
      rejectedTotal.add(1, { source: label, code: rejection.code });
      if (listed.length < MAX_LISTED) listed.push(rejection);
      if (letters.length < MAX_LETTERS) letters.push(letterOf(rejection, record, bytes));
      last = rejection;
    },
    letters(): readonly DeadLetter[] {
      const more = total - letters.length;
      if (last === undefined || more === 0) return letters;
      const message = `and ${more} more records up to this line; the last one: ${last.message}`;
      return [...letters, letterOf({ ...last, message }, Buffer.alloc(0), 0)];
    },
    result: () => ({ rejected: listed, rejectedTotal: total }),
  };
}
