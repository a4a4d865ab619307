/** The HTTP server of a process: access control, errors as JSON, health, readiness and metrics. Routes are added by the services. */
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings } from "../../schemas/settings.ts";
import { codeOf } from "../file-fault.ts";
import type { DirectRoute } from "../http.ts";
import { accessRule, checkExposure, checkRole } from "./access.ts";
import { directFirst, type Rules } from "./direct.ts";
import { type Refusal, refusalOf } from "./refusal.ts";

interface ServerOptions {
  readonly settings: Settings;
  /** Names what is not ready yet; empty when everything is. */
  readonly waitingFor: () => readonly string[];
  /** Names what is not as it should be although it runs, and what to do; empty or absent when all is well. */
  readonly degraded?: () => readonly string[];
  /** Prometheus' text form. */
  readonly metrics: () => Promise<string>;
  /** Told of every error that is not the caller's. */
  readonly onFault: (fault: Error) => void;
  /** Answered before the router. */
  readonly direct?: readonly DirectRoute[];
}

/** Longest time that requests in hand may still take when the server closes, in ms. */
const GRACE_MS = 5000;
/** Longest time that a request may take to come in whole, in ms. Answers, such as the feed of findings, may take longer. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Longest time that a connection is kept for the next request, in ms; longer than the minute that proxies keep theirs. */
const KEEP_ALIVE_MS = 72_000;

/** Makes the server without listening. Fails with `bad-settings` if it would be open to the network without tokens. */
export function createServer(options: ServerOptions): FastifyInstance {
  checkExposure(options.settings.http);
  const rules: Rules = {
    accessOf: accessRule(options.settings),
    refuse: (error, access) => refuse(options, error, access !== undefined),
  };
  const app = Fastify({
    bodyLimit: options.settings.ingest.maxBodyBytes,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 1024 },
    serverFactory: (router) =>
      createHttpServer(
        { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
        directFirst(options.direct ?? [], rules, router),
      ),
  });
  // Every request gets its own value in the hook below, before any route runs.
  app.decorateRequest("access");
  app.addHook("onRequest", async (request) => {
    const { role, foreignHeaders = false } = request.routeOptions.config;
    if (role === undefined && !request.is404) return;
    request.access = rules.accessOf(request.headers, foreignHeaders);
    if (role !== undefined) checkRole(request.access, role);
  });
  app.setErrorHandler<Error>((error, request, reply) => answer(reply, rules.refuse(error, request.access)));
  app.setNotFoundHandler((request) => {
    throw new OffgraphError(
      "not-found",
      `${request.method} ${request.url.split("?")[0]}: there is no such address`,
    );
  });
  closePromptly(app);
  healthRoutes(app, options);
  return app;
}

/**
 * Closes every connection as soon as no request is in hand, at the latest after GRACE_MS. Node alone would wait for
 * connections that never asked anything, which browsers and HTTP clients open in reserve.
 */
function closePromptly(app: FastifyInstance): void {
  let inHand = 0;
  let closing = false;
  const closeIfIdle = () => {
    if (closing && inHand === 0) app.server.closeAllConnections();
  };
  const onClose = () => {
    inHand--;
    closeIfIdle();
  };
  app.server.prependListener("request", (_request, response: ServerResponse) => {
    inHand++;
    response.on("close", onClose);
  });
  app.addHook("preClose", async () => {
    closing = true;
    setImmediate(closeIfIdle);
    setTimeout(() => app.server.closeAllConnections(), GRACE_MS).unref();
  });
}

/** Starts to listen; answers the address. Fails with `bad-settings` if the port is taken. */
export async function listen(app: FastifyInstance, { host, port }: Settings["http"]): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    throw new OffgraphError(
      "bad-settings",
      `http.port: expected a free port on ${host}, got ${port} (${codeOf(cause)})`,
      { cause },
    );
  }
}

function healthRoutes(app: FastifyInstance, options: ServerOptions): void {
  const { waitingFor, degraded = () => [], metrics } = options;
  // Degraded is no reason to be restarted, so it answers 200 too.
  app.get("/healthz", async () => {
    const what = degraded();
    return what.length === 0 ? { status: "ok" } : { status: "degraded", degraded: what };
  });
  app.get("/readyz", async (_request, reply) => {
    const waiting = waitingFor();
    reply.code(waiting.length === 0 ? 200 : 503);
    return { status: waiting.length === 0 ? "ready" : "waiting", waitingFor: waiting };
  });
  app.get("/metrics", { config: { role: "read" } }, async (_request, reply) => {
    reply.type("text/plain; version=0.0.4; charset=utf-8");
    return metrics();
  });
}

function refuse({ settings, onFault }: ServerOptions, error: Error, isKnown: boolean): Refusal {
  const refusal = refusalOf(error, settings.http.tokens.length > 0 && !isKnown);
  if (refusal.status === 500) onFault(error);
  return refusal;
}

/** A route may have set a header of its own, such as a longer `retry-after`. */
function answer(reply: FastifyReply, { status, headers, body }: Refusal): FastifyReply {
  for (const [name, value] of Object.entries(headers)) if (!reply.hasHeader(name)) reply.header(name, value);
  return reply.code(status).send(body);
}
