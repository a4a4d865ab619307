/** How long a gateway waits for the gate, at a steady pace that does not wait for it. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Denial, targetKey } from "../../../schemas/action.ts";
import { ActionId, AgentId, Tenant } from "../../../schemas/ids.ts";
import type { Derived } from "../../../schemas/origin.ts";
import { openEmbedded } from "../../../services/adapters/index.ts";
import { partitionOf } from "../../../services/ports/stream.ts";
import { startService, untilReady } from "../../kill/service.ts";
import type { BenchOptions, Case, Figure } from "../case.ts";
import type { LoadLatency } from "../load/steady.ts";
import { figure } from "../measure.ts";

const execute = promisify(execFile);
const script = (name: string) => new URL(`../load/${name}`, import.meta.url).pathname;
const DENIALS = 10_000;
const PER_SECOND = 5000;
const PARTITIONS = 8;
/**
 * Flags of the client. It shares the processors with what it measures: its collector must neither run in threads beside it
 * nor often.
 */
const CLIENT_FLAGS = ["--single-threaded-gc", "--min-semi-space-size=64", "--max-semi-space-size=64"];

function denial(number: number): Derived<Denial> {
  const value: Denial = {
    tenant: Tenant.parse("default"),
    target: { type: "token", id: `jti-${number}` },
    denied: true,
    expiresAtMs: Date.now() + 86_400_000,
    action: ActionId.parse(`a-${number.toString(16).padStart(32, "0")}`),
    agent: AgentId.parse(`agent-${number}`),
    reason: "denied for the benchmark",
  };
  return { origin: { stage: "bench", partition: 0, position: number, index: 0 }, value };
}

/** A data folder whose deny list is as long as it is asked about. */
async function fill(folder: string): Promise<void> {
  const { stream, close } = await openEmbedded({ folder, partitions: PARTITIONS });
  const denials = Array.from({ length: DENIALS }, (_, number) => denial(number));
  await stream.append(
    denials.map((derived) => {
      const key = targetKey(derived.value.tenant, derived.value.target);
      const value = Buffer.from(JSON.stringify(derived));
      return { stream: "denials" as const, partition: partitionOf(key, PARTITIONS), key, value };
    }),
  );
  await close();
}

async function ask(url: string, seconds: number): Promise<LoadLatency> {
  const { stdout } = await execute(process.execPath, [
    ...CLIENT_FLAGS,
    script("steady.ts"),
    url,
    String(PER_SECOND),
    String(seconds),
  ]);
  return JSON.parse(stdout) as LoadLatency;
}

async function askGate(data: string, seconds: number): Promise<LoadLatency> {
  const service = await startService({ folder: data, settings: { partitions: PARTITIONS } });
  await untilReady(service);
  return ask(service.url, seconds).finally(() => service.stop("SIGTERM"));
}

async function askBare(seconds: number): Promise<LoadLatency> {
  const server = spawn(process.execPath, [script("bare-server.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [address] = await once(server.stdout, "data");
  return ask(String(address).trim(), seconds).finally(() => server.kill());
}

/** `--only gate`. */
export const gateCase: Case = {
  name: "gate",
  about: `POST /v1/check, ${PER_SECOND} a second with ${DENIALS} denials; and a bare HTTP server for comparison`,
  async run({ folder, events, runs, note }: BenchOptions) {
    const data = join(folder, "gate");
    await fill(data);
    const seconds = Math.min(10, Math.max(1, Math.round(events / 100_000)));
    const answers: { gate: LoadLatency[]; bare: LoadLatency[] } = { gate: [], bare: [] };
    for (let run = 0; run < runs; run++) {
      answers.gate.push(await askGate(data, seconds));
      answers.bare.push(await askBare(seconds));
      note(`round ${run + 1} of ${runs}: gate ${shown(answers.gate[run])}, bare ${shown(answers.bare[run])}`);
    }
    const times = ratioOf(p99Of(answers.gate), p99Of(answers.bare));
    return [
      ...figuresOf("gate", answers.gate, "< 1"),
      ...figuresOf("bare server", answers.bare),
      figure("gate p99 against the bare server's", "times", times),
    ];
  },
};

const shown = (steady?: LoadLatency) =>
  `p99 ${steady?.p99Ms.toFixed(2)} ms (sent up to ${steady?.lateP99Ms.toFixed(2)} ms late)`;
const p99Of = (all: readonly LoadLatency[]) => all.map(({ p99Ms }) => p99Ms);
const ratioOf = (own: readonly number[], other: readonly number[]) =>
  own.map((value, run) => value / (other[run] ?? Number.NaN));

function figuresOf(name: string, all: readonly LoadLatency[], target?: string): Figure[] {
  const of = (take: (steady: LoadLatency) => number) => all.map(take);
  return [
    figure(
      `${name} p50`,
      "ms",
      of(({ p50Ms }) => p50Ms),
    ),
    figure(`${name} p99`, "ms", p99Of(all), target),
    figure(
      `${name} p99.9`,
      "ms",
      of(({ p999Ms }) => p999Ms),
    ),
    figure(
      `${name} client late p99`,
      "ms",
      of(({ lateP99Ms }) => lateP99Ms),
    ),
    figure(
      `${name} pace`,
      "requests/s",
      of(({ perSecond }) => perSecond),
    ),
  ];
}
