/** A webhook receiver: a real HTTP server that answers what the test says and remembers what it got. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** What to answer: a status, with headers if any, or `hang` for nothing at all. */
export type Reply = number | readonly [status: number, headers: Record<string, string>] | "hang";

/** Answers the replies in turn, and the last one for ever. */
export async function startReceiver(...replies: readonly [Reply, ...Reply[]]): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const reply = replies[Math.min(received.length, replies.length - 1)] ?? 500;
    received.push({ headers: request.headers, body: await text(request) });
    answer(response, reply);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(response: ServerResponse, reply: Reply): void {
  if (reply === "hang") return;
  const [status, headers] = typeof reply === "number" ? [reply, {}] : reply;
  response.writeHead(status, headers).end();
}

/** What a receiver reads after checking the signature with the published library; throws if it does not hold. */
export function verified({ headers, body }: Received, secret: string): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}
