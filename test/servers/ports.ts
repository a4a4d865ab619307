import { type AddressInfo, createServer, type Server } from "node:net";

/** Loopback ports that nobody uses: all are held at once and then let go, so that none comes twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

function listening(): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server = createServer().once("error", reject);
  server.listen(0, "127.0.0.1", () => resolve(server));
  return promise;
}
