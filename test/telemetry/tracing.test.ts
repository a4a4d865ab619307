/** Without telemetry: what records carry goes on as it came, and nothing is begun. */
import { describe, expect, it } from "vitest";
import { beginSpan, linkedTo, traceparentOf } from "../../services/telemetry/tracing.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

describe("a traceparent", () => {
  it.each(["01", "00"])(
    "is handed on by a process without telemetry, also when its trace is not kept: %s",
    (flags) => {
      const traceparent = `00-${TRACE}-${SPAN}-${flags}`;
      const span = beginSpan("finding", { after: traceparent });
      expect(span.isRecording()).toBe(false);
      expect(traceparentOf(span)).toBe(traceparent);
    },
  );

  it.each([
    "",
    "nonsense",
    `00-${TRACE}-${SPAN}`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
  ])("that is none is as good as none: %j", (traceparent) => {
    expect(traceparentOf(beginSpan("finding", { after: traceparent }))).toBeUndefined();
  });
});

describe("a link", () => {
  it("is made of ids that are such, and not of others", () => {
    expect(linkedTo(TRACE, SPAN)).toMatchObject({ traceId: TRACE, spanId: SPAN });
    for (const [trace, span] of [
      [TRACE],
      [undefined, SPAN],
      ["conversation-1", "step-2"],
      ["0".repeat(32), SPAN],
    ])
      expect(linkedTo(trace, span)).toBeUndefined();
  });
});
