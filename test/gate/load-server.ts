/** In a thread of its own: a gate with ten thousand denials, or a bare HTTP server to compare with. Tells its address. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { agent, denial, readyGate, serverOf, token } from "./given.ts";

async function gateAddress(): Promise<string> {
  const denials = Array.from({ length: 5000 }, (_, number) => [
    denial(agent(`denied-${number}`)),
    denial(token(`k1:${number.toString(16).padStart(32, "0")}`)),
  ]);
  const { gate } = await readyGate(...denials.flat());
  return serverOf(gate).listen({ host: "127.0.0.1", port: 0 });
}

async function bareAddress(): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(200, { "content-length": 0 }).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

parentPort?.postMessage(workerData === "gate" ? await gateAddress() : await bareAddress());
