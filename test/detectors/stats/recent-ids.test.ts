import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../../detectors/codec.ts";
import {
  GENERATION_SIZE,
  readRecentIds,
  recentIds,
  seenBefore,
  writeRecentIds,
} from "../../../detectors/stats/recent-ids.ts";

function reloaded(ids: ReturnType<typeof recentIds>) {
  const writer = new ByteWriter();
  writeRecentIds(ids, writer);
  return readRecentIds(new ByteReader(writer.take()));
}

describe("recent ids", () => {
  it("knows the newest 128 for certain, never one that it was not told, and nothing older than 256", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 900 }),
        fc.nat({ max: 899 }),
        (told, reloadAt) => {
          let ids = recentIds();
          const newest: number[] = [];
          told.forEach((id, at) => {
            if (at === reloadAt) ids = reloaded(ids);
            // Hashes with few different homes, so that they collide.
            const known = seenBefore(ids, id % 7, id);
            if (newest.slice(-GENERATION_SIZE).includes(id)) expect(known).toBe(true);
            if (!newest.slice(-2 * GENERATION_SIZE).includes(id)) expect(known).toBe(false);
            if (!known) newest.push(id);
          });
          expect(ids.youngRoom + ids.elderRoom).toBeLessThanOrEqual(2 * GENERATION_SIZE * 8);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("tells apart ids that differ in one half only", () => {
    const ids = recentIds();
    expect(seenBefore(ids, 1, 2)).toBe(false);
    expect(seenBefore(ids, 1, 3)).toBe(false);
    expect(seenBefore(ids, 2, 2)).toBe(false);
    expect(seenBefore(ids, 1, 2)).toBe(true);
  });
});
