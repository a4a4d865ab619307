/**
 * In a process of its own: asks a server at a steady pace and prints how long the answers took, as JSON. The pace does
 * not wait for answers, and a request counts from the moment when it was due, so that a slow server cannot hide behind
 * requests that were never sent. Requests are bytes made beforehand and answers come into one buffer per connection,
 * because a whole HTTP client takes longer than the gate, and would be what is measured. How late requests were sent is
 * told as well: that part of the times is this process's own. Its flags are in the case `gate`.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { quantile } from "../measure.ts";

export interface LoadLatency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  readonly perSecond: number;
  /** From when a request was due until it was sent. */
  readonly lateP99Ms: number;
}

interface Connection {
  readonly socket: Socket;
  /** Numbers of the requests that wait for their answers, in order. */
  readonly waiting: number[];
}

const [address = "", perSecond = "", seconds = ""] = process.argv.slice(2);
const CONNECTIONS = 32;
const BUFFER_BYTES = 16_384;
/** Until then the compilers of both sides are at work, which a server meets once in its life. */
const WARM_UP_SECONDS = 3;
/** After the last request was due; an answer that takes longer will not come. */
const LONGEST_WAIT_MS = 5000;
const paceMs = 1000 / Number(perSecond);

/** Half of the questions are about what is denied. */
const requests = Array.from({ length: 1000 }, (_, number) => {
  const body = JSON.stringify({ publicId: `jti-${number * 20}`, agent: `agent-${number}` });
  const head = `POST /v1/check HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return Buffer.from(`${head}\r\n\r\n${body}`);
});

async function open(onAnswer: (request: number) => void): Promise<Connection> {
  const { hostname: host, port } = new URL(address);
  const waiting: number[] = [];
  let rest = "";
  const callback = (length: number, bytes: Uint8Array) => {
    const text = rest + Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("latin1");
    // The beginning of an answer may come in two pieces; less than one mark of it can be left over.
    rest = text.slice(1 - MARK.length);
    for (let left = answersIn(text); left > 0; left--) onAnswer(waiting.shift() ?? Number.NaN);
    return true;
  };
  const onread = { buffer: Buffer.alloc(BUFFER_BYTES), callback };
  const socket = connect({ host, port: Number(port), noDelay: true, onread });
  await once(socket, "connect");
  return { socket, waiting };
}

const MARK = "HTTP/1.1 ";

/** Every answer begins with a status line, and no body holds one. Throws if one is not of success. */
function answersIn(text: string): number {
  if (/HTTP\/1\.1 [^2]/.test(text)) throw new Error(`the server has answered ${text.slice(0, 200)}`);
  return text.split(MARK).length - 1;
}

interface Times {
  /** From when each request was due until its answer was there, ms, smallest first. */
  readonly answered: Float64Array;
  /** From when each request was due until it was sent, ms, smallest first. */
  readonly late: Float64Array;
}

/** Sends requests over the connections by turns: one that is never used would be closed by the server. */
async function send(count: number): Promise<Times> {
  const [times, late] = [new Float64Array(count), new Float64Array(count)];
  let startedMs = performance.now();
  const sinceDueMs = (request: number) => performance.now() - (startedMs + request * paceMs);
  let answered = 0;
  const onAnswer = (request: number) => {
    times[request] = sinceDueMs(request);
    answered++;
  };
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(onAnswer)));
  startedMs = performance.now();
  const lastMs = count * paceMs + LONGEST_WAIT_MS;
  for (let sent = 0; answered < count; await setImmediate()) {
    if (sinceDueMs(0) > lastMs)
      throw new Error(`${count - answered} of ${count} requests were never answered`);
    for (; sent < count && sinceDueMs(sent) >= 0; sent++) {
      const { socket, waiting } = connections[sent % CONNECTIONS]!;
      waiting.push(sent);
      late[sent] = sinceDueMs(sent);
      socket.write(requests[sent % requests.length] ?? "");
    }
  }
  for (const { socket } of connections) socket.destroy();
  return { answered: times.sort(), late: late.sort() };
}

await send(Number(perSecond) * WARM_UP_SECONDS);
const startedMs = performance.now();
const { answered, late } = await send(Number(perSecond) * Number(seconds));
const answer: LoadLatency = {
  p50Ms: quantile(answered, 0.5),
  p99Ms: quantile(answered, 0.99),
  p999Ms: quantile(answered, 0.999),
  maxMs: quantile(answered, 1),
  perSecond: (answered.length * 1000) / (performance.now() - startedMs),
  lateP99Ms: quantile(late, 0.99),
};
process.stdout.write(JSON.stringify(answer));
