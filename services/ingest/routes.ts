/**
 * `POST /v1/events`: telemetry over HTTP, at least once. An answer of 202 means that the events are durable; after any
 * other answer, or none, the sender sends again, and events that come twice are dropped by their ids in the fold.
 */
import { metrics } from "@opentelemetry/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ERRORS, hasCode, OffgraphError } from "../../schemas/errors.ts";
import { text } from "../../schemas/ids.ts";
import type { Settings } from "../../schemas/settings.ts";
import { valueAt } from "../plain-words.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";
import { openTokenIndex } from "./attribute.ts";
import { type Body, openBody } from "./body.ts";
import { type DoorOptions, openDoor } from "./door.ts";
import { type Intake, type IntakeResult, openIntake } from "./intake.ts";
import type { Key } from "./key.ts";
import { quickReaders } from "./quick.ts";
import { recordReader } from "./record.ts";
import { DEFAULT_SOURCE, sourceLabels } from "./source-label.ts";
import { openTraces } from "./traces.ts";

/** What Retry-After says, in seconds, when we are busy, and when the log or the store is down. */
const BUSY_SECONDS = 1;
const DOWN_SECONDS = 5;
/** A body may be this part of the bytes that may be pending, so that one slow sender does not keep all others out. */
const BODY_SHARE = 1 / 4;
const Source = text(64).default(DEFAULT_SOURCE);
const MEDIA_TYPES = ["application/x-ndjson", "application/ndjson", "application/json", "text/plain"];

/** What the routes of ingest work on. */
export interface IngestOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Pick<Settings, "ingest" | "http">;
  readonly key: Key;
  readonly tierOf: DoorOptions["tierOf"];
  /** Events that the processor is behind. */
  readonly lag: () => number;
}

const meter = metrics.getMeter("offgraph");
const bytesTotal = meter.createCounter("offgraph_ingest_bytes_total", {
  description: "Bytes of request bodies, decompressed",
  unit: "By",
});
const requestSeconds = meter.createHistogram("offgraph_ingest_request_seconds", {
  description: "Time from a request to its answer",
  unit: "s",
  advice: {
    explicitBucketBoundaries: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
  },
});
const pendingGauge = meter.createUpDownCounter("offgraph_ingest_pending_bytes", {
  description: "Bytes taken in and not yet durable",
  unit: "By",
});

/** Adds the route. It wants the error handler of `createServer`, which turns our errors into answers. */
export function ingestRoutes(app: FastifyInstance, options: IngestOptions): void {
  const pressure = openPressure(options);
  const index = openTokenIndex(options.store);
  const { maxBodyBytes, maxPendingBytes, maxLineBytes } = options.settings.ingest;
  const limits = { maxLineBytes, maxBodyBytes: Math.min(maxBodyBytes, maxPendingBytes * BODY_SHARE) };
  const labelOf = sourceLabels(options.settings);
  const { partitions } = options.stream;
  const traceOf = openTraces(options.clock);
  const quickReader = quickReaders({ ...options, index, partitions });
  app.register(async (scope) => {
    // The body is read by us, as it comes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(MEDIA_TYPES, (_request, payload, done) => done(null, payload));
    scope.post("/v1/events", { config: { role: "ingest" } }, async (request, reply) => {
      const startedMs = performance.now();
      const origin = { tenant: request.access.tenant, source: sourceOf(request) };
      const pending = pressure.open(reply);
      const body = openBody(request.raw, { ...limits, onBytes: pending.add });
      const quick = quickReader(origin.tenant, origin.source);
      const read = recordReader(quick, openDoor({ ...options, ...origin }), partitions);
      const traced = traceOf(request);
      const intake = openIntake({
        ...options,
        ...origin,
        trace: traced.trace,
        label: labelOf(origin.source),
        index,
        read,
        place: "http",
      });
      try {
        await readAll(body, intake, reply);
        const result = await orUnavailable(reply, intake.finish());
        traced.accepted(result);
        return answer(reply, result);
      } catch (error) {
        traced.failed(error);
        throw error;
      } finally {
        traced.end();
        pending.release();
        requestSeconds.record((performance.now() - startedMs) / 1000);
      }
    });
  });
}

/** Counts what is taken in and not yet durable, and refuses more than the settings allow. */
function openPressure({ settings, lag }: IngestOptions) {
  let pendingBytes = 0;
  const refuseIfBusy = (reply: FastifyReply) => {
    const { maxPendingBytes, maxLagEvents } = settings.ingest;
    const full = pendingBytes > maxPendingBytes;
    if (!full && lag() <= maxLagEvents) return;
    reply.header("retry-after", BUSY_SECONDS);
    throw new OffgraphError("busy", full ? "too many bytes are not yet durable" : "the processor is behind");
  };
  return {
    /** Begins a request's share. */
    open(reply: FastifyReply) {
      refuseIfBusy(reply);
      let ownBytes = 0;
      const move = (bytes: number) => {
        ownBytes += bytes;
        pendingBytes += bytes;
        pendingGauge.add(bytes);
      };
      return {
        add(bytes: number) {
          bytesTotal.add(bytes);
          move(bytes);
          refuseIfBusy(reply);
        },
        /** Nothing of the request waits any more. */
        release: () => move(-ownBytes),
      };
    },
  };
}

/** The name in `?source=` or `x-offgraph-source`, default `http`. Fails with `no-access` if the caller may not use it. */
function sourceOf({ query, headers, access }: FastifyRequest): string {
  const named = Source.safeParse(valueAt(query, ["source"]) ?? headers["x-offgraph-source"]);
  if (!named.success)
    throw new OffgraphError("bad-request", "source: expected a name of at most 64 characters");
  if (access.sources?.has(named.data) ?? true) return named.data;
  throw new OffgraphError("no-access", `source: expected one of ${[...(access.sources ?? [])].join(", ")}`);
}

async function readAll(body: Body, intake: Intake, reply: FastifyReply): Promise<void> {
  try {
    for await (const records of body.records) await orUnavailable(reply, intake.take(records));
  } catch (error) {
    // What came before the cut is as good as ever; the sender is told from where on to send again.
    if (!hasCode(error, "file-truncated")) throw error;
    intake.reject({ line: body.lastLine() + 1, code: error.code, message: error.message });
  }
}

/** Failures of the log and the store become `unavailable`. */
async function orUnavailable<Result>(reply: FastifyReply, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    reply.header("retry-after", DOWN_SECONDS);
    throw new OffgraphError("unavailable", "nothing of this request was acknowledged", { cause });
  }
}

function answer(reply: FastifyReply, result: IntakeResult): FastifyReply {
  if (result.accepted > 0) return reply.code(202).send(result);
  const { wayOut } = ERRORS["bad-request"];
  return reply.code(400).send({ code: "bad-request", message: "no event was accepted", wayOut, ...result });
}
