import { expect, it } from "vitest";
import { RecentTraces } from "../../services/adapters/recent-traces.ts";
import type { NewRecord } from "../../services/ports/stream.ts";

const records = (...traces: (string | undefined)[]): NewRecord[] =>
  traces.map((trace) => ({ stream: "events", partition: 0, value: Buffer.from("{}"), trace }));
const at = (traces: RecentTraces, ...positions: number[]) =>
  positions.map((position) => traces.at("events/0", position));

it("know each record's trace, and that others have none", () => {
  const traces = new RecentTraces();
  traces.note("events/0", 10, records("a", "a", undefined, "b"));
  traces.note("events/0", 14, records(undefined, "b"));
  expect(at(traces, 9, 10, 11, 12, 13, 14, 15, 16)).toEqual([
    ...[undefined, "a", "a", undefined],
    ...["b", undefined, "b", undefined],
  ]);
  expect(traces.at("events/1", 10)).toBeUndefined();
});

it("forget the oldest, so that memory is bounded, and never the newest", () => {
  const traces = new RecentTraces();
  for (let position = 0; position < 5000; position++)
    traces.note("events/0", position, records(`t${position}`));
  const known = Array.from({ length: 5000 }, (_, position) => traces.at("events/0", position)).filter(
    Boolean,
  );
  expect(known.length).toBeLessThanOrEqual(1000);
  expect(known).toEqual(
    Array.from({ length: known.length }, (_, index) => `t${5000 - known.length + index}`),
  );
  expect(known.length).toBeGreaterThanOrEqual(500);
});
