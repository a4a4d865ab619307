/** The gate behind a real nginx, configured as the README says. Runs where nginx is installed, or OFFGRAPH_TEST_NGINX names it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { agent, denial, deny, jwt, readyGate, serverOf, until } from "./given.ts";

const NGINX = process.env.OFFGRAPH_TEST_NGINX ?? "/usr/sbin/nginx";

/** An HTTP server on a free port. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The configuration from the README, with these ports. */
async function configuration(
  folder: string,
  ports: { nginx: number; gate: number; api: number },
): Promise<string> {
  const readme = await readFile(new URL("../../services/gate/README.md", import.meta.url), "utf8");
  const snippet = /```nginx\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const site = snippet
    .replace("127.0.0.1:7070", `127.0.0.1:${ports.gate}`)
    .replace("127.0.0.1:8080", `127.0.0.1:${ports.api}`)
    .replace("listen 80;", `listen 127.0.0.1:${ports.nginx};`);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr notice; events { worker_connections 64; }
    http { access_log off; ${paths.join(" ")} ${site} }`;
}

/** Resolves when nginx serves. */
async function start(folder: string, config: string): Promise<ChildProcess> {
  await writeFile(join(folder, "nginx.conf"), config);
  const nginx = spawn(NGINX, ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"], {
    stdio: "pipe",
  });
  for await (const text of nginx.stderr) {
    if (String(text).includes("start worker process ")) break;
    if (String(text).includes("[emerg]")) throw new Error(String(text));
  }
  return nginx;
}

it.runIf(existsSync(NGINX))(
  "nginx asks the gate for every request, and fails closed without it",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "offgraph-nginx-"));
    const { gate, stream } = await readyGate(denial(agent("a")));
    const app = serverOf(gate);
    const gateUrl = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const api = createServer((_request, response) => response.end("secret numbers"));
    const ports = { nginx: await freePort(), gate: Number(gateUrl.port), api: await listen(api) };
    const nginx = await start(folder, await configuration(folder, ports));
    const ask = async (claims: object, headers: Record<string, string> = {}, method = "GET") => {
      const authorization = `Bearer ${jwt(claims)}`;
      const body = method === "POST" ? { body: "{broken" } : {};
      const url = `http://127.0.0.1:${ports.nginx}/orders`;
      const answer = await fetch(url, {
        method,
        headers: { authorization, connection: "close", ...headers },
        ...body,
      });
      return [answer.status, (await answer.text()).includes("secret numbers")];
    };
    try {
      expect(await ask({ sub: "b" })).toEqual([200, true]);
      expect(await ask({ sub: "b" }, { "content-type": "application/json" }, "POST")).toEqual([200, true]);
      expect(await ask({ sub: "a" })).toEqual([403, false]);
      expect(await ask({ sub: "a" }, { "x-offgraph-agent": "b" })).toEqual([403, false]);
      expect(await ask({ sub: "b" }, { "x-offgraph-agent": "a" })).toEqual([200, true]);
      await deny(stream, denial(agent("b")));
      await until(() => !gate.check({ agent: "b" }).allowed);
      expect(await ask({ sub: "b" })).toEqual([403, false]);
      await app.close();
      expect(await ask({ sub: "c" })).toEqual([500, false]);
    } finally {
      nginx.kill("SIGTERM");
      await once(nginx, "exit");
      api.close();
      await app.close();
      await rm(folder, { recursive: true });
    }
  },
);
