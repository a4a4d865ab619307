import { afterEach, describe, expect, it } from "vitest";
import { clock, denial, world } from "./world.ts";

let open: Awaited<ReturnType<typeof world>> | undefined;
afterEach(() => open?.close());
const start = async (http: object = {}) => {
  open = await world(http, [], clock, { default: ["billing", "travel"], acme: ["foreign"] });
  return open;
};

describe("GET /v1/denials", () => {
  it("answers a page of the caller's tenant, and where the next one begins", async () => {
    const { app } = await start();
    expect((await app.inject("/v1/denials")).json()).toEqual({
      denials: [denial("billing"), denial("travel")],
    });
    expect((await app.inject("/v1/denials?limit=1")).json()).toEqual({
      denials: [denial("billing")],
      next: "more",
    });
    expect((await app.inject("/v1/denials?agent=travel")).json().denials).toEqual([denial("travel")]);
    expect((await app.inject("/v1/denials?agent=foreign")).json().denials).toEqual([]);
  });

  it("asks for the role read, and refuses a page of nothing", async () => {
    const { app } = await start({ tokens: [{ name: "gateway", sha256: "0".repeat(64), roles: ["check"] }] });
    expect((await app.inject("/v1/denials")).statusCode).toBe(401);
    await open?.close();
    const { app: free } = await start();
    expect((await free.inject("/v1/denials?limit=0")).statusCode).toBe(400);
  });
});

describe("an agent that is denied", () => {
  it("is shown with until when, alone and among others", async () => {
    const { app, learned } = await start();
    for (const agent of ["billing", "support"]) await learned("default", agent);
    const { deniedUntil } = { deniedUntil: denial("billing").until };
    const { agents } = (await app.inject("/v1/agents")).json();
    expect(agents).toEqual(
      expect.arrayContaining([
        { id: "billing", mode: "shadow", deniedUntil },
        { id: "support", mode: "shadow" },
      ]),
    );
    expect((await app.inject("/v1/agents/billing")).json()).toMatchObject({ deniedUntil });
    expect((await app.inject("/v1/agents/support")).json()).not.toHaveProperty("deniedUntil");
  });
});
