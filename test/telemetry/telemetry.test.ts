/** What leaves a real process over OTLP, read as a collector reads it. */
import { spawnSync } from "node:child_process";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Collector, type Span, startCollector } from "./collector.ts";
import { promtoolIsHere } from "./promtool.ts";
import { called, counts, endAll, OWN, send, start } from "./telling.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";

afterEach(endAll);

const named = ({ spans }: Collector, name: string) => spans.filter((span) => span.name === name);
const follows = (span: Span | undefined, before: Span | undefined) => {
  expect(span?.trace).toBe(before?.trace);
  expect(span?.parent).toBe(before?.id);
};

describe("a finding", () => {
  it("is one trace, from the request that brought its event to the outcome, and all of it is sent at the end", async () => {
    const collector = await startCollector();
    const service = await start(collector);
    await send(service, [called(1, false), called(2, true)], `00-${TRACE}-${CALLER}-01`);
    await counts(service, "offgraph_responder_outcomes_total", 1);
    expect(await service.stop("SIGTERM")).toBe(0);

    const [request] = named(collector, "POST /v1/events");
    expect(request).toMatchObject({ trace: TRACE, parent: CALLER });
    expect(request?.attributes).toMatchObject({ "offgraph.accepted": 2, "offgraph.rejected": 0 });
    const chain = ["finding", "incident", "action", "outcome"].map((name) => named(collector, name));
    expect(chain.map((spans) => spans.length)).toEqual([1, 1, 1, 1]);
    const [[finding], [incident], [action], [outcome]] = chain as [Span[], Span[], Span[], Span[]];
    follows(finding, request);
    follows(incident, finding);
    follows(action, incident);
    follows(outcome, action);
    expect(outcome?.attributes).toMatchObject({ "offgraph.result": "confirmed" });
    expect((finding?.endNs ?? 0n) - (finding?.startNs ?? 0n) > 0n).toBe(true);

    const [batch] = named(collector, "process events");
    expect(finding?.links).toEqual([
      { trace: batch?.trace, id: batch?.id },
      { trace: OWN.id, id: OWN.span },
    ]);
    expect(collector.resource()).toMatchObject({ "service.name": "offgraph" });
  });

  it("begins a trace of its own when the caller's is not kept, and goes on with that", async () => {
    const collector = await startCollector();
    const service = await start(collector);
    await send(service, [called(3, true)], `00-${TRACE}-${CALLER}-00`);
    await counts(service, "offgraph_responder_outcomes_total", 1);
    await service.stop("SIGTERM");
    const [finding] = named(collector, "finding");
    expect(finding).toMatchObject({ parent: "" });
    expect(collector.spans.filter(({ trace }) => trace === TRACE)).toEqual([]);
    expect(named(collector, "outcome").map(({ trace }) => trace)).toEqual([finding?.trace]);
  });

  it("that waits for a person goes on with its trace when he has approved", async () => {
    const collector = await startCollector();
    const service = await start(collector, {}, "approve");
    await send(service, [called(4, true)]);
    await counts(service, "offgraph_responder_incidents_total", 1);
    const { incidents } = (await (await fetch(`${service.url}/v1/incidents`)).json()) as {
      incidents: { id: string }[];
    };
    const answer = await fetch(`${service.url}/v1/incidents/${incidents[0]?.id}/approve`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reason: "a test" }),
    });
    expect(answer.status).toBe(202);
    await counts(service, "offgraph_responder_outcomes_total", 1);
    await service.stop("SIGTERM");
    const [incident, decision, action, outcome] = ["incident", "decision", "action", "outcome"].map(
      (name) => named(collector, name)[0],
    );
    follows(decision, incident);
    follows(action, decision);
    follows(outcome, action);
    // How long a person has thought is not how long it takes us.
    const metrics = collector.points().map(({ metric }) => metric);
    expect(metrics).toContain("offgraph_egress_action_duration_seconds");
    expect(metrics).not.toContain("offgraph_egress_finding_to_outcome_seconds");
  });
});

it("events without a finding leave nothing but the span of their request", async () => {
  const collector = await startCollector();
  const service = await start(collector);
  await send(service, [called(5, false), called(6, false)]);
  await counts(service, "offgraph_processor_events_total", 2);
  await service.stop("SIGTERM");
  expect(collector.spans.map(({ name }) => name)).toEqual(["POST /v1/events"]);
});

it("no trace is begun when none is to be kept, and metrics are sent all the same", async () => {
  const collector = await startCollector();
  const service = await start(collector, { sampleRatio: 0 });
  await send(service, [called(7, true)]);
  await counts(service, "offgraph_responder_outcomes_total", 1);
  await service.stop("SIGTERM");
  expect(collector.spans).toEqual([]);
  expect(collector.points().length).toBeGreaterThan(20);
});

describe("metrics", () => {
  let collector: Collector;
  /** As Prometheus is shown them. */
  let text: string;
  beforeAll(async () => {
    collector = await startCollector();
    const service = await start(collector);
    await send(service, [called(8, false), called(9, true), { id: "no event" }]);
    await counts(service, "offgraph_responder_outcomes_total", 1);
    await send(service, [called(10, false)]);
    await counts(service, "offgraph_processor_events_total", 3);
    text = await (await fetch(`${service.url}/metrics`)).text();
    await service.stop("SIGTERM");
    await endAll();
  });
  const of = (metric: string) => collector.points().filter((point) => point.metric === metric);
  const counted = (metric: string) => of(metric).reduce((sum, { value }) => sum + value, 0);
  const times = (metric: string) => of(metric).reduce((sum, { count }) => sum + count, 0);

  it("count events, findings, what is set aside, and where agents are found", () => {
    expect(of("offgraph_ingest_events_total")).toMatchObject([{ value: 3, attributes: { source: "http" } }]);
    expect(counted("offgraph_processor_events_total")).toBeGreaterThanOrEqual(3);
    expect(counted("offgraph_processor_findings_total")).toBe(1);
    expect(counted("offgraph_stream_dead_letters_total")).toBe(1);
    const found = (place: string) =>
      of("offgraph_processor_agents_total").find(({ attributes }) => attributes.in === place)?.value;
    expect(found("nowhere")).toBe(1);
    expect(found("memory")).toBe(counted("offgraph_processor_events_total") - 1);
  });

  it("tell how long it took from event to finding, and from finding to outcome", () => {
    const finding = of("offgraph_processor_event_to_finding_seconds");
    expect(finding).toMatchObject([{ count: 1, attributes: { detector: "token-reuse" } }]);
    const outcome = of("offgraph_egress_finding_to_outcome_seconds");
    expect(outcome).toMatchObject([{ count: 1, attributes: { kind: "quarantine", result: "confirmed" } }]);
    for (const { sum: seconds } of [...finding, ...outcome]) expect(seconds > 0 && seconds < 20).toBe(true);
  });

  it("tell of batches, of commits, and of the lag of each partition", () => {
    expect(times("offgraph_processor_batch_records")).toBeGreaterThan(0);
    expect(times("offgraph_processor_commit_duration_seconds")).toBeGreaterThan(0);
    const partitions = of("offgraph_processor_lag_events").map(({ attributes }) => attributes.partition);
    expect(partitions.sort()).toEqual([0, 1]);
  });

  it("are the same for Prometheus", () => {
    const names = new Set(collector.points().map(({ metric }) => metric));
    const shown = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.filter((name = "") => !names.has(name))).toEqual([]);
  });

  it.runIf(promtoolIsHere())("are in order for Prometheus", () => {
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
      input: text,
      encoding: "utf8",
    });
    expect(`${stdout}${stderr}`).toBe("");
    expect(status).toBe(0);
  });
});
