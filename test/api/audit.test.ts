import { afterEach, describe, expect, it } from "vitest";
import { world } from "./world.ts";

let open: Awaited<ReturnType<typeof world>> | undefined;
afterEach(() => open?.close());
const start = async (http: object = {}) => {
  open = await world(http);
  return open;
};

describe("GET /v1/audit", () => {
  it("answers the entries as the caller's tenant may see them, one a line, and the key", async () => {
    const { app } = await start();
    const answer = await app.inject("/v1/audit");
    expect(answer.headers["content-type"]).toContain("application/x-ndjson");
    expect(answer.body).toBe('{"partition":0,"sequence":1,"tenant":"default"}\n');
    expect((await app.inject("/v1/audit/key")).body).toBe("a public key");
  });

  it("asks for the role read", async () => {
    const { app } = await start({ tokens: [{ name: "gateway", sha256: "0".repeat(64), roles: ["check"] }] });
    for (const path of ["/v1/audit", "/v1/audit/key"]) expect((await app.inject(path)).statusCode).toBe(401);
  });
});
