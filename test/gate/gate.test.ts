/** Who passes the gate, who does not, and until when. */
import { describe, expect, it } from "vitest";
import type { Tenant } from "../../schemas/ids.ts";
import { memoryStream } from "../../services/adapters/memory.ts";
import { bearerClaims, candidatesOf, isAmbiguous } from "../../services/gate/bearer.ts";
import { denyList } from "../../services/gate/deny-list.ts";
import { startGate } from "../../services/gate/index.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { manualClock } from "../responder/manual-clock.ts";
import {
  agent,
  denial,
  deny,
  HOUR_MS,
  jwt,
  keyedHash,
  NOW_MS,
  PARTITIONS,
  readyGate,
  token,
  until,
} from "./given.ts";

describe("a gate", () => {
  it("denies by agent, public id, hash and family, and says why and until when", async () => {
    const { gate } = await readyGate(
      denial(agent("a")),
      denial(token("jti-1")),
      denial(token("k1:ab")),
      denial({ type: "family", id: "grant-1" }),
    );
    expect(gate.check({ agent: "a" })).toMatchObject({
      allowed: false,
      reason: "left its graph",
      until: new Date(NOW_MS + HOUR_MS).toISOString(),
    });
    for (const question of [{ publicId: "jti-1" }, { tokenHash: "k1:ab" }, { family: "grant-1" }])
      expect(gate.check(question).allowed).toBe(false);
    for (const question of [
      {},
      { agent: "b" },
      { agent: "jti-1" },
      { publicId: "a" },
      { agent: "a", tenant: "other" },
    ])
      expect(gate.check(question)).toEqual({ allowed: true });
  });

  it("knows a raw token by its hash, and a JWT by its id and its agent as well", async () => {
    const opaque = "opaque-token-value";
    const { gate } = await readyGate(
      denial(token(keyedHash(opaque))),
      denial(token("jti-1")),
      denial(agent("a")),
    );
    expect(gate.check({ token: opaque }).allowed).toBe(false);
    expect(gate.check({ token: `${opaque}2` }).allowed).toBe(true);
    expect(gate.check({ token: jwt({ jti: "jti-1" }) }).allowed).toBe(false);
    expect(gate.check({ token: jwt({ jti: "jti-2", azp: "a" }) }).allowed).toBe(false);
    expect(gate.check({ token: jwt({ jti: "jti-2", azp: "b", sub: "a" }) }).allowed).toBe(true);
  });

  it("knows names that look like secrets by the hash that the door keeps of them", async () => {
    const { gate } = await readyGate(
      denial(agent(keyedHash("secret-agent"))),
      denial(token(keyedHash("secret-jti"))),
    );
    expect(gate.check({ token: jwt({ sub: "secret-agent" }) }).allowed).toBe(false);
    expect(gate.check({ token: jwt({ jti: "secret-jti" }) }).allowed).toBe(false);
    expect(gate.check({ agent: "secret-agent" }).allowed).toBe(false);
    expect(gate.check({ token: jwt({ sub: "other-agent", jti: "other-jti" }) })).toEqual({ allowed: true });
  });

  it("is not talked out of a denied token by an agent that is named beside it", async () => {
    const { gate } = await readyGate(denial(agent("a")));
    expect(gate.check({ agent: "innocent", token: jwt({ sub: "a" }) }).allowed).toBe(false);
  });

  it("follows what is denied and lifted", async () => {
    const { gate, stream } = await readyGate();
    expect(gate.check({ agent: "a" }).allowed).toBe(true);
    await deny(stream, denial(agent("a")));
    await until(() => !gate.check({ agent: "a" }).allowed);
    await deny(stream, denial(agent("a"), { denied: false }));
    await until(() => gate.check({ agent: "a" }).allowed);
  });

  it("lets pass again when the time is over, to the millisecond", async () => {
    const { gate, clock } = await readyGate(denial(agent("a")));
    clock.advance(HOUR_MS - 1);
    expect(gate.check({ agent: "a" }).allowed).toBe(false);
    clock.advance(1);
    expect(gate.check({ agent: "a" })).toEqual({ allowed: true });
  });

  it("lets nothing pass before it has read the deny list of every partition", async () => {
    const stream = memoryStream(PARTITIONS);
    await deny(stream, denial(agent("a")));
    const reading = Promise.withResolvers<void>();
    const slow: Stream = {
      ...stream,
      async *read(name, partition, from) {
        if (partition === PARTITIONS - 1) await reading.promise;
        yield* stream.read(name, partition, from);
      },
    };
    const gate = startGate({ stream: slow, clock: manualClock(NOW_MS) });
    await until(() => gate.waitingFor() !== undefined);
    expect(gate.check({ agent: "b" })).toMatchObject({ allowed: false });
    reading.resolve();
    await until(() => gate.waitingFor() === undefined);
    expect(gate.check({ agent: "b" })).toEqual({ allowed: true });
  });

  it("fails, and does not go on with half a list, when the log cannot be read", async () => {
    const stream = memoryStream(PARTITIONS);
    const broken: Stream = {
      ...stream,
      read: () => {
        throw new Error("log is down");
      },
    };
    const gate = startGate({ stream: broken, clock: manualClock(NOW_MS) });
    await expect(gate.done).rejects.toThrow("log is down");
    expect(gate.waitingFor()).toBeDefined();
  });

  it("stops", async () => {
    const { gate } = await readyGate();
    await gate.stop();
    await gate.done;
  });
});

describe("the deny list", () => {
  it("forgets what is lifted or over", () => {
    const list = denyList();
    for (const id of ["a", "b", "c"])
      list.take(denial(agent(id), { expiresAtMs: NOW_MS + id.charCodeAt(0) }), NOW_MS);
    list.take(denial(agent("a"), { denied: false }), NOW_MS);
    expect(list.size).toBe(2);
    expect(list.sweep(NOW_MS + 98, 10)).toBe(1);
    expect(list.find("default", "agent", "c", NOW_MS + 98)).toBeDefined();
    list.take(denial(agent("d"), { expiresAtMs: NOW_MS }), NOW_MS);
    expect(list.size).toBe(1);
  });
  it("is swept slice by slice, and from the beginning again", () => {
    const list = denyList();
    for (let number = 0; number < 5; number++)
      list.take(denial(agent(`a${number}`), { expiresAtMs: NOW_MS + (number % 2) }), NOW_MS - 1);
    const swept = [1, 2, 2, 1, 5].map((count) => list.sweep(NOW_MS, count));
    expect([swept, list.size]).toEqual([[1, 1, 1, 0, 0], 2]);
    expect([list.sweep(NOW_MS + 1, 5), list.size]).toEqual([2, 0]);
    expect(list.sweep(NOW_MS + 1, 5)).toBe(0);
  });
  it("is bounded: the one that was taken in first is dropped", () => {
    const list = denyList(2);
    const dropped = ["a", "b", "a", "c"].map((id) => list.take(denial(agent(id)), NOW_MS));
    expect(dropped).toEqual([0, 0, 0, 1]);
    expect(["a", "b", "c"].filter((id) => list.find("default", "agent", id, NOW_MS))).toEqual(["a", "c"]);
  });
  it("keeps tenants apart", () => {
    const list = denyList();
    list.take(denial(agent("a"), { tenant: "blue" as Tenant }), NOW_MS);
    expect(list.find("green", "agent", "a", NOW_MS)).toBeUndefined();
  });
});

describe("a bearer token", () => {
  it("names its agent by the first claim that is there", () => {
    const claims = { agent_id: "1", azp: "2", client_id: "3", sub: "4", jti: "j" };
    expect(bearerClaims(jwt(claims))).toEqual({ publicId: "j", agent: "1" });
    for (const [name, next] of [
      ["agent_id", "2"],
      ["azp", "3"],
      ["client_id", "4"],
    ] as const) {
      Reflect.deleteProperty(claims, name);
      expect(bearerClaims(jwt(claims)).agent).toBe(next);
    }
  });
  it.each([
    "",
    "opaque",
    "ey.ey.ey",
    "eyJ9.bnVsbA.x",
    "eyJ9.W10.x",
    "eyJ9.W.x.y.z",
    jwt({ jti: 1, sub: ["a"], azp: "" }),
    jwt({ sub: "a\nb" }),
  ])("says nothing about itself: %j", (text) => expect(bearerClaims(text)).toEqual({}));
  it("is read from the header whatever the case of its scheme", () => {
    for (const header of ["Bearer abc", "bearer  abc", "DPoP abc"]) {
      expect(candidatesOf(header)).toEqual(["abc"]);
      expect(isAmbiguous(header)).toBe(false);
    }
    expect(["", "Basic abc", "abc", 'Digest username="a", realm="b"'].filter(isAmbiguous)).toEqual([]);
  });
  it.each([
    "Bearer\ttok",
    "Bearer tok x",
    "Bearer x tok",
    "Bearer tok,",
    "Bearer tok, Bearer x",
    "Bearer Bearer tok",
    "DPoP x,DPoP tok",
  ])("that others may read out of a header is looked up, and the header does not pass: %j", (header) => {
    expect(candidatesOf(header)).toContain("tok");
    expect(isAmbiguous(header)).toBe(true);
  });
  it.each(["Bearer", "Bearer:tok", 'Bearer "tok"', "Bearer tok\u00a0", "Bearer Bearer", " bearer tok"])(
    "is exactly one, else the header does not pass: %j",
    (header) => expect(isAmbiguous(header)).toBe(true),
  );
  it("is one of at most 16 parts", () => {
    const parts = Array.from({ length: 20 }, (_, index) => `p${index}`).join(",");
    expect([isAmbiguous(parts), candidatesOf(parts).length]).toEqual([true, 16]);
  });
});
