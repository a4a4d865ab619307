/** A TCP proxy of the tests' own between a client and a server: it cuts, holds and delays what goes through. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { clock } from "../../services/adapters/clock.ts";

export interface TcpProxy {
  /** Where clients connect, `host:port`. */
  readonly address: string;
  readonly port: number;
  /** Closes every connection and takes no new one, until `open`. */
  cut(): void;
  /** Keeps connections open but lets nothing through, until `open`: what was sent arrives then. */
  hold(): void;
  /** Lets everything through from now on, and what was held. */
  open(): void;
  /** How long each piece is kept before it goes on, in ms, both ways. Default: 0. */
  delay(ms: number): void;
  stop(): Promise<void>;
}

interface Valve {
  delayMs: number;
  isCut: boolean;
  /** Resolves when pieces may pass. */
  opened: Promise<void>;
  open: () => void;
  readonly sockets: Set<Socket>;
}

/** Starts one on a free loopback port in front of a server's port; `port`: on that one. */
export async function startProxy(target: number, port = 0): Promise<TcpProxy> {
  const valve: Valve = {
    delayMs: 0,
    isCut: false,
    opened: Promise.resolve(),
    open: () => {},
    sockets: new Set(),
  };
  const server = createServer((client) => {
    if (valve.isCut) client.destroy();
    else join(client, connect(target, "127.0.0.1"), valve);
  });
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  const bound = (server.address() as AddressInfo).port;
  return {
    address: `127.0.0.1:${bound}`,
    port: bound,
    ...controls(valve),
    async stop() {
      valve.open();
      for (const socket of valve.sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function controls(valve: Valve): Pick<TcpProxy, "cut" | "hold" | "open" | "delay"> {
  return {
    cut() {
      valve.isCut = true;
      for (const socket of valve.sockets) socket.destroy();
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      valve.opened = promise;
      valve.open = resolve;
    },
    open() {
      valve.isCut = false;
      valve.open();
    },
    delay(ms) {
      valve.delayMs = ms;
    },
  };
}

function join(client: Socket, server: Socket, valve: Valve): void {
  pump(client, server, valve);
  pump(server, client, valve);
}

/** Bytes that are kept of one direction before the reading side waits. */
const MOST_KEPT_BYTES = 16_777_216;

/** Pieces go on in their order, each after its delay. */
function pump(from: Socket, to: Socket, valve: Valve): void {
  let last: Promise<unknown> = Promise.resolve();
  let keptBytes = 0;
  valve.sockets.add(from);
  from.setNoDelay();
  from.on("error", () => {});
  from.on("data", (piece) => {
    keptBytes += piece.length;
    if (keptBytes > MOST_KEPT_BYTES) from.pause();
    last = Promise.all([last, passed(valve)]).then(() => {
      keptBytes -= piece.length;
      to.write(piece);
      from.resume();
    });
  });
  from.on("close", () => {
    valve.sockets.delete(from);
    void last.then(() => to.end());
  });
}

async function passed(valve: Valve): Promise<void> {
  if (valve.delayMs > 0) await clock.sleep(valve.delayMs);
  await valve.opened;
}
