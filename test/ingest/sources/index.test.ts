import { expect, it } from "vitest";
import { OffgraphError } from "../../../schemas/errors.ts";
import { SOURCES, sourceNamed } from "../../../services/ingest/sources/index.ts";

function messageFor(name: string): string {
  try {
    sourceNamed(name);
  } catch (error) {
    if (error instanceof OffgraphError && error.code === "unknown-source") return error.message;
  }
  return "";
}

it("finds every source by its name", () => {
  for (const source of SOURCES) expect(sourceNamed(source.name)).toBe(source);
  expect(SOURCES.map(({ name }) => name)).toEqual(["offgraph", "cloudtrail", "sessions"]);
});

it("lists the names for an unknown one, and the nearest for a slip of the finger", () => {
  expect(messageFor("cloudtrial")).toBe(
    'no source is called "cloudtrial"; there are offgraph, cloudtrail, sessions. Did you mean cloudtrail?',
  );
  expect(messageFor("Session")).toContain("Did you mean sessions?");
});

it("suggests nothing where nothing is near", () => {
  expect(messageFor("okta")).not.toContain("Did you mean");
  expect(messageFor("")).not.toContain("Did you mean");
});

it("passes an event of our own through as it is", () => {
  const record = { kind: "api.called", id: "e1", unknown: { field: 1 } };
  expect(sourceNamed("offgraph").open()(record)).toEqual({ events: [record] });
});

it("refuses what is no object, in every source", () => {
  for (const source of SOURCES) {
    for (const record of [null, 7, "text", ["list"], undefined]) {
      const { events, refused } = source.open()(record);
      expect(events).toEqual([]);
      expect(refused?.code).toBe("unknown-record");
    }
  }
});
