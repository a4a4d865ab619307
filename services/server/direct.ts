/**
 * Routes that node's server answers before the router: the gate's.
 *
 * Why: the gate finds its answer in a few microseconds, and a gateway waits for it at every request. The router's hooks, parsers
 * and objects would take longer than the answer does, a sixth of the whole request. Access and errors are those of every other
 * route.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Access, DirectRoute } from "../http.ts";
import { checkRole } from "./access.ts";
import type { Refusal } from "./refusal.ts";

/** What the server does for all routes. */
export interface Rules {
  /** Answers who is calling. Fails with `no-access`. */
  readonly accessOf: (headers: IncomingMessage["headers"], foreignHeaders: boolean) => Access;
  /** What an error becomes; `access` as far as it is known. */
  readonly refuse: (error: Error, access: Access | undefined) => Refusal;
}

/** Gives each request to its direct route, and to the router if it has none. */
export function directFirst(
  routes: readonly DirectRoute[],
  rules: Rules,
  router: RequestListener,
): RequestListener {
  return (request, response) => {
    for (const route of routes) if (route.matches(request)) return void run(route, rules, request, response);
    router(request, response);
  };
}

async function run(
  { role, foreignHeaders, answer }: DirectRoute,
  { accessOf, refuse }: Rules,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let access: Access | undefined;
  try {
    access = accessOf(request.headers, foreignHeaders);
    checkRole(access, role);
    await answer(request, response, access);
  } catch (error) {
    send(response, refuse(error as Error, access));
  }
}

function send(response: ServerResponse, { status, headers, body }: Refusal): void {
  // An answer that was begun cannot be taken back.
  if (response.headersSent) return void response.destroy();
  const text = JSON.stringify(body);
  const own = {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  };
  response.writeHead(status, { ...headers, ...own }).end(text);
}
