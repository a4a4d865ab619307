/** The HTTP server of a process: access control, errors as JSON, health, readiness and metrics. Routes are added by the services. */
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { ERRORS, type ErrorCode, OffgraphError } from "../schemas/errors.ts";
import type { Settings } from "../schemas/settings.ts";
import { accessRule, checkExposure } from "./access.ts";

export interface ServerOptions {
  readonly settings: Settings;
  /** Names what is not ready yet; empty when everything is. */
  readonly waitingFor: () => readonly string[];
  /** Names what is not as it should be although it runs, and what to do; empty or absent when all is well. */
  readonly degraded?: () => readonly string[];
  /** Prometheus' text form. */
  readonly metrics: () => Promise<string>;
  /** Told of every error that is not the caller's. */
  readonly onFault: (fault: Error) => void;
}

/** Longest time that requests in hand may still take when the server closes, in ms. */
const GRACE_MS = 5000;
/** Longest time that a request may take to come in whole, in ms. Answers, such as the feed of findings, may take longer. */
const REQUEST_TIMEOUT_MS = 60_000;

const STATUS: Partial<Record<ErrorCode, number>> = {
  "too-large": 413,
  busy: 429,
  "not-found": 404,
  "not-running": 503,
  unavailable: 503,
  "not-ready": 503,
  fenced: 503,
};

/** Makes the server without listening. Fails with `bad-settings` if it would be open to the network without tokens. */
export function createServer(options: ServerOptions): FastifyInstance {
  checkExposure(options.settings.http);
  const app = Fastify({
    bodyLimit: options.settings.ingest.maxBodyBytes,
    forceCloseConnections: "idle",
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: 1024 },
  });
  const accessOf = accessRule(options.settings);
  // Every request gets its own value in the hook below, before any route runs.
  app.decorateRequest("access", undefined as unknown as FastifyRequest["access"]);
  app.addHook("onRequest", async (request) => {
    const { role, foreignHeaders = false } = request.routeOptions.config;
    if (role === undefined && !request.is404) return;
    const access = accessOf(request.headers, foreignHeaders);
    if (access === undefined)
      throw new OffgraphError("no-access", "expected a known bearer token in Authorization");
    request.access = access;
    if (role !== undefined && !access.roles.has(role))
      throw new OffgraphError("no-access", `expected a token with the role ${role}`);
  });
  app.setErrorHandler<FastifyError | OffgraphError>((error, request, reply) =>
    answerError(options, error, request, reply),
  );
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
  app.addHook("onRequest", async (_request, reply) => {
    inHand++;
    reply.raw.once("close", () => {
      inHand--;
      closeIfIdle();
    });
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
    const { code } = cause as NodeJS.ErrnoException;
    throw new OffgraphError(
      "bad-settings",
      `http.port: expected a free port on ${host}, got ${port} (${code})`,
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

function answerError(
  options: ServerOptions,
  error: FastifyError | OffgraphError,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  if (error instanceof OffgraphError)
    return answer(reply, statusOf(error, request, options.settings), error.code, error.message);
  const status = error.statusCode ?? 500;
  if (status === 413) return answer(reply, 413, "too-large", error.message);
  if (status < 500) return answer(reply, status, "bad-request", error.message);
  options.onFault(error);
  return answer(reply, 500, "internal", "something unexpected happened");
}

function statusOf(error: OffgraphError, request: FastifyRequest, { http }: Settings): number {
  if (error.code !== "no-access") return STATUS[error.code] ?? 400;
  return http.tokens.length > 0 && request.access === undefined ? 401 : 403;
}

function answer(reply: FastifyReply, status: number, code: ErrorCode, message: string): FastifyReply {
  if (status === 401) reply.header("www-authenticate", "Bearer");
  if (status === 429 && !reply.hasHeader("retry-after")) reply.header("retry-after", "1");
  return reply.code(status).send({ code, message, wayOut: ERRORS[code].wayOut });
}
