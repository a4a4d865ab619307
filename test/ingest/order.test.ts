import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, TEXT, TIMES } from "../../schemas/event-view.ts";
import { OrderBuffer } from "../../services/ingest/order.ts";

const START = Date.parse("2026-03-02T09:00:00Z");
const scanner = new EventScanner(hashKey(Buffer.alloc(16)));

interface Given {
  readonly id: string;
  readonly atMs: number;
  readonly kind?: "tick" | "identity.changed" | "token.issued" | "api.called" | "token.revoked";
}

function put(buffer: OrderBuffer, { id, atMs, kind = "tick" }: Given): void {
  const own = {
    tick: {},
    "identity.changed": { change: "deployed" },
    "api.called": { operation: { service: "s", name: "n", tier: 0 } },
  };
  const token = kind.startsWith("token.") ? { token: { publicId: "p" } } : {};
  const agent = kind === "tick" ? {} : { agent: { id: "a" } };
  const time = new Date(START + atMs).toISOString();
  const event = { id, kind, time, tenant: "t", source: "s", ...agent, ...token, ...Reflect.get(own, kind) };
  const line = Buffer.from(JSON.stringify(event));
  const slot = buffer.slot();
  expect(scanner.scan(line, 0, line.length, buffer.columns, slot, true)).toBe(true);
  buffer.put(slot);
}

/** Ids of the events that may go, in order. */
function released(buffer: OrderBuffer): string[] {
  const ids: string[] = [];
  const view = new EventView(buffer.columns);
  while (buffer.nextTime() < Number.POSITIVE_INFINITY) {
    const slot = buffer.take();
    view.columns = buffer.columns;
    ids.push(view.move(slot).text(TEXT.id));
    buffer.free(slot);
  }
  return ids;
}

function ordered(events: readonly Given[], latenessMs: number): string[] {
  const buffer = new OrderBuffer(latenessMs);
  const ids = events.flatMap((event) => {
    put(buffer, event);
    return released(buffer);
  });
  buffer.end();
  expect(buffer.forced).toBe(0);
  return [...ids, ...released(buffer)];
}

const LATENESS_MS = 1000;
const moments = fc.array(
  fc.record({
    atMs: fc.nat({ max: 4000 }),
    lateMs: fc.nat({ max: LATENESS_MS }),
    kind: fc.constantFrom("tick", "api.called", "token.issued", "token.revoked"),
  }),
  {
    maxLength: 60,
  },
);

describe("the order of a source", () => {
  it("is the same for every order of arrival within the lateness: time, then causes before effects, then id", () => {
    const rank = ["tick", "token.issued", "api.called", "token.revoked"];
    fc.assert(
      fc.property(moments, (given) => {
        const events = given.map(
          (one, index) => ({ ...one, id: `e${(index * 7) % 61}-${index}` }) as Given & { lateMs: number },
        );
        const arrival = events.toSorted((a, b) => a.atMs + a.lateMs - (b.atMs + b.lateMs));
        const expected = events.toSorted(
          (a, b) =>
            a.atMs - b.atMs ||
            rank.indexOf(a.kind ?? "") - rank.indexOf(b.kind ?? "") ||
            (a.id < b.id ? -1 : 1),
        );
        expect(ordered(arrival, LATENESS_MS)).toEqual(expected.map(({ id }) => id));
      }),
      { numRuns: 150 },
    );
  });

  it("holds an event back until the newest is later by more than the lateness", () => {
    const buffer = new OrderBuffer(LATENESS_MS);
    put(buffer, { id: "first", atMs: 0 });
    put(buffer, { id: "second", atMs: 1000 });
    expect(released(buffer)).toEqual([]);
    put(buffer, { id: "third", atMs: 1001 });
    expect(released(buffer)).toEqual(["first"]);
  });

  it("lets an event that is later than the lateness through at once, after those that have gone", () => {
    expect(
      ordered(
        [
          { id: "a", atMs: 0 },
          { id: "b", atMs: 5000 },
          { id: "late", atMs: 10 },
          { id: "c", atMs: 5001 },
        ],
        LATENESS_MS,
      ),
    ).toEqual(["a", "late", "b", "c"]);
  });

  it("changes nothing in a file that is in order, and keeps a repeated event", () => {
    const events = [
      { id: "a", atMs: 0 },
      { id: "b", atMs: 1 },
      { id: "b", atMs: 1 },
      { id: "c", atMs: 2 },
    ];
    expect(ordered(events, 0)).toEqual(["a", "b", "b", "c"]);
  });

  it("gives all that wait at the end, and -1 when there is nothing", () => {
    const buffer = new OrderBuffer(LATENESS_MS);
    put(buffer, { id: "b", atMs: 2 });
    put(buffer, { id: "a", atMs: 1 });
    expect(buffer.nextTime()).toBe(Number.POSITIVE_INFINITY);
    buffer.end();
    expect(released(buffer)).toEqual(["a", "b"]);
    expect(buffer.take()).toBe(-1);
  });

  it("stays in order when events that came in order go round its ring, and when the ring grows in between", () => {
    const buffer = new OrderBuffer(LATENESS_MS);
    const gone: number[] = [];
    const goOn = (fromMs: number, toMs: number) => {
      for (let timeMs = fromMs; timeMs < toMs; timeMs++) {
        const slot = buffer.slot();
        buffer.columns.times[slot * TIMES] = timeMs;
        buffer.put(slot);
      }
      while (buffer.isReady()) {
        gone.push(buffer.nextTime());
        buffer.free(buffer.take());
      }
    };
    // 1,001 wait after each part but the last; the ring begins with 1,024 places.
    goOn(0, 1010);
    goOn(1010, 1015);
    goOn(1015, 3000);
    goOn(3000, 9000);
    buffer.end();
    goOn(9000, 9000);
    expect(gone).toEqual(Array.from({ length: 9000 }, (_, timeMs) => timeMs));
    expect(buffer.forced).toBe(0);
  });

  it("holds at most 131,072 events, then lets the earliest go and counts it", () => {
    const buffer = new OrderBuffer(Number.MAX_SAFE_INTEGER);
    const putAt = (timeMs: number) => {
      const slot = buffer.slot();
      buffer.columns.times[slot * TIMES] = timeMs;
      buffer.put(slot);
    };
    for (let count = 131_072; count > 1; count--) putAt(count);
    expect(buffer.nextTime()).toBe(Number.POSITIVE_INFINITY);
    putAt(1);
    expect(buffer.nextTime()).toBe(1);
    expect(buffer.forced).toBe(0);
    buffer.free(buffer.take());
    expect(buffer.forced).toBe(1);
    expect(buffer.nextTime()).toBe(Number.POSITIVE_INFINITY);
    expect(buffer.columns.capacity).toBe(131_072);
  });
});
