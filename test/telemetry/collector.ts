/** A collector of one's own: takes OTLP over HTTP as the real exporters post it, and tells what has come. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { Message } from "./protobuf.ts";

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** https://github.com/open-telemetry/opentelemetry-proto, `trace.proto`. */
export interface Span {
  readonly trace: string;
  readonly id: string;
  /** Empty for the first of a trace. */
  readonly parent: string;
  readonly name: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Attributes;
  readonly links: readonly { readonly trace: string; readonly id: string }[];
}

/** A point of a metric, as `metrics.proto` has it: `value` of counters and gauges, `count` and `sum` of histograms. */
export interface Point {
  readonly metric: string;
  readonly attributes: Attributes;
  readonly value: number;
  readonly count: number;
  readonly sum: number;
}

export interface Collector {
  readonly url: string;
  readonly spans: Span[];
  /** Of the last post of metrics. */
  points(): readonly Point[];
  /** Of the last post. */
  resource(): Attributes;
  /** Headers of all posts. */
  readonly headers: IncomingMessage["headers"][];
  close(): Promise<void>;
}

/** Starts one. `answers: false`: it takes what comes and never answers. */
export async function startCollector({ answers = true } = {}): Promise<Collector> {
  const spans: Span[] = [];
  const headers: Collector["headers"] = [];
  let points: readonly Point[] = [];
  let resource: Attributes = {};
  const server = createServer(async (request, response) => {
    headers.push(request.headers);
    if (!answers) return;
    const body = Buffer.concat(await request.toArray());
    const message = new Message(request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body);
    resource = attributesOf(message.all(1)[0]?.all(1)[0], 1);
    if (request.url === "/v1/traces")
      spans.push(...scoped(message).flatMap((scope) => scope.all(2).map(spanOf)));
    if (request.url === "/v1/metrics")
      points = scoped(message).flatMap((scope) => scope.all(2).flatMap(pointsOf));
    response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ spans, headers },
    points: () => points,
    resource: () => resource,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const scoped = (message: Message) => message.all(1).flatMap((resource) => resource.all(2));

const spanOf = (span: Message): Span => ({
  trace: span.hex(1),
  id: span.hex(2),
  parent: span.hex(4),
  name: span.text(5),
  startNs: span.fixed(7),
  endNs: span.fixed(8),
  attributes: attributesOf(span, 9),
  links: span.all(13).map((link) => ({ trace: link.hex(1), id: link.hex(2) })),
});

const [GAUGE, SUM, HISTOGRAM] = [5, 7, 9];

function pointsOf(metric: Message): Point[] {
  const name = { metric: metric.text(1) };
  const numbers = [GAUGE, SUM].flatMap((kind) => metric.all(kind)).flatMap((kind) => kind.all(1));
  const histograms = metric.all(HISTOGRAM).flatMap((kind) => kind.all(1));
  return [
    ...numbers.map((point) => ({
      ...{ ...name, attributes: attributesOf(point, 7), count: 0, sum: 0 },
      value: point.has(4) ? point.double(4) : Number(point.fixed(6)),
    })),
    ...histograms.map((point) => ({
      ...{ ...name, attributes: attributesOf(point, 9), value: 0 },
      ...{ count: Number(point.fixed(4)), sum: point.double(5) },
    })),
  ];
}

function attributesOf(message: Message | undefined, field: number): Attributes {
  const pairs = message?.all(field).map((pair) => [pair.text(1), plain(pair.all(2)[0])] as const) ?? [];
  return Object.fromEntries(pairs);
}

function plain(value: Message | undefined): string | number | boolean {
  if (value?.has(2)) return value.number(2) === 1;
  if (value?.has(3)) return value.number(3);
  return value?.has(4) ? value.double(4) : (value?.text(1) ?? "");
}
