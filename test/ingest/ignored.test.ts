import { afterEach, expect, it } from "vitest";
import { openFieldWarnings, unknownFields } from "../../services/ingest/unknown-fields.ts";
import { call, jwt, openWorld } from "./world.ts";

it("finds what was left out at any depth, and nothing where all was kept", () => {
  const given = { id: "e", sesion: 1, agent: { id: "a", nmae: "b" }, actors: ["x"], token: { scope: {} } };
  const kept = { id: "e", agent: { id: "a" }, actors: ["x"], token: {} };
  expect(unknownFields(given, kept)).toEqual(["sesion", "agent.nmae", "token.scope"]);
  expect(unknownFields(kept, kept)).toEqual([]);
  expect(unknownFields({ ...kept, actors: ["x"] }, structuredClone(kept))).toEqual([]);
});

it("takes names of every object for unknown too, and does not walk into what is kept as it is", () => {
  expect(unknownFields(JSON.parse('{"__proto__":{"a":1},"constructor":1}'), {})).toEqual([
    "__proto__",
    "constructor",
  ]);
  let deep: object = {};
  for (let depth = 0; depth < 50_000; depth++) deep = { deep };
  expect(unknownFields({ tenant: deep, other: deep }, { tenant: deep })).toEqual(["other"]);
});

it("lists ten names, each with its first line, short and without secrets", () => {
  const warnings = openFieldWarnings("other");
  warnings.add(3, ["sesion", "sesion"]);
  warnings.add(4, ["sesion", "x".repeat(1000), `a\u0007b`, jwt({ a: 1 })]);
  for (let line = 5; line < 30; line++) warnings.add(line, [`field-${line}`]);
  const listed = warnings.finish();
  expect(listed.length).toBe(10);
  expect(listed[0]).toMatchObject({ field: "sesion", line: 3 });
  expect(listed.slice(1, 4).map(({ field }) => field)).toEqual(["x".repeat(64), "a b", "[removed]"]);
  expect(openFieldWarnings("other").finish()).toEqual([]);
});

let world: Awaited<ReturnType<typeof openWorld>>;
afterEach(() => world?.close());

it("is told in the answer, also when the event was refused for want of what was misspelt", async () => {
  world = await openWorld();
  const lines = [
    call("e-1"),
    call("e-2", { sesion: "s" }),
    call("e-3", { sesion: "s" }),
    call("e-4", { agent: undefined, token: undefined, agnet: { id: "billing" } }),
  ].map((event) => JSON.stringify(event));
  const { body } = await world.post(lines.join("\n"));
  expect(body).toMatchObject({ accepted: 3, rejectedTotal: 1 });
  expect(body.warnings?.map(({ field, line }) => [field, line])).toEqual([
    ["sesion", 2],
    ["agnet", 4],
  ]);
});

it("is not told when there is nothing to tell, nor of what the door itself drops", async () => {
  world = await openWorld();
  const operation = { service: "s", name: "n", targets: { note: "x".repeat(600) } };
  const stamped = { tenant: "another", source: { any: "thing" }, token: { value: "opaque" }, operation };
  const { body } = await world.post(JSON.stringify(call("e-1", stamped)));
  expect(body.accepted).toBe(1);
  expect(body).not.toHaveProperty("warnings");
});
