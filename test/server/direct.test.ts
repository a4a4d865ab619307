/** Routes that are answered before the router. */

import { once } from "node:events";
import { get } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { OffgraphError } from "../../schemas/errors.ts";
import { Settings } from "../../schemas/settings.ts";
import type { DirectRoute } from "../../services/http.ts";
import { createServer } from "../../services/server/server.ts";

function route(path: string, answer: DirectRoute["answer"]): DirectRoute {
  return { role: "read", foreignHeaders: false, matches: ({ url }) => url === path, answer };
}

async function server(...direct: readonly DirectRoute[]) {
  const faults: string[] = [];
  const app = createServer({
    settings: Settings.parse({}),
    waitingFor: () => [],
    metrics: async () => "",
    onFault: ({ message }) => faults.push(message),
    direct,
  });
  onTestFinished(() => app.close());
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { app, url, faults };
}

it("a direct route is told who asks, and everything else goes to the router", async () => {
  const { url } = await server(route("/own", (_, response, { name }) => void response.end(name)));
  expect(await (await fetch(`${url}/own`)).text()).toBe("loopback");
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
  expect((await fetch(`${url}/own2`)).status).toBe(404);
});

it("its errors become answers as those of other routes, and faults keep their text to themselves", async () => {
  const { url, faults } = await server(
    route("/busy", () => {
      throw new OffgraphError("busy", "too much");
    }),
    route("/broken", async () => {
      throw new Error("secret detail");
    }),
  );
  const busy = await fetch(`${url}/busy`);
  expect([busy.status, busy.headers.get("retry-after")]).toEqual([429, "1"]);
  expect(await busy.json()).toMatchObject({ code: "busy", message: "too much", wayOut: expect.any(String) });
  const broken = await fetch(`${url}/broken`);
  expect([broken.status, await broken.json()]).toMatchObject([500, { code: "internal" }]);
  expect(faults).toEqual(["secret detail"]);
});

it("an answer that fails after it was begun is broken off", async () => {
  const { url } = await server(
    route("/half", async (_, response) => {
      response.writeHead(200, { "content-length": "10" }).write("half");
      throw new Error("no more");
    }),
  );
  await expect(fetch(`${url}/half`).then((answer) => answer.text())).rejects.toThrow();
});

it("a server that closes ends what it has in hand", async () => {
  const begun = Promise.withResolvers<() => void>();
  const { app, url } = await server(
    route("/slow", (_, response) => begun.resolve(() => response.end("done"))),
  );
  const request = get(`${url}/slow`);
  const end = await begun.promise;
  const closed = app.close();
  end();
  const [response] = await once(request, "response");
  expect(response.statusCode).toBe(200);
  response.resume();
  await closed;
});
