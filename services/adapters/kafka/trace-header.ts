/** The header `traceparent` of a record: https://www.w3.org/TR/trace-context/#traceparent-header. Our records have no other. */

/** One header; the length of its name; the name; the length of what follows. Lengths are doubled, as in all numbers of a record. */
const BEFORE = Buffer.from("\x02\x16traceparent\x6e", "latin1");
const TRACEPARENT_LENGTH = 55;

/** Bytes of the headers of a record, at least the one that says that there are none. */
export const traceLength = (trace: string | undefined): number =>
  trace === undefined ? 1 : BEFORE.length + TRACEPARENT_LENGTH;

/** Writes the headers of a record with a trace; answers how many bytes they are. */
export function writeTrace(bytes: Buffer, at: number, trace: string): number {
  bytes.set(BEFORE, at);
  bytes.write(trace, at + BEFORE.length, TRACEPARENT_LENGTH, "latin1");
  return BEFORE.length + TRACEPARENT_LENGTH;
}
