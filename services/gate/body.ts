/** Reading the body of a question. */
import type { IncomingMessage } from "node:http";
import { OffgraphError } from "../../schemas/errors.ts";

/** Longest body in bytes: more than five names of the longest kind take, however they are escaped. */
const MAX_BYTES = 1_048_576;

/** The JSON in a request's body. Fails with `bad-request` or `too-large`. */
export function jsonOf(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    throw badRequest("content-type: expected application/json");
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BYTES) chunks.push(chunk);
    else reject(new OffgraphError("too-large", `check: expected at most ${MAX_BYTES} bytes`));
  });
  request.on("end", resolve);
  request.on("error", () => reject(badRequest("the body ends too early")));
  return promise.then(() => parsed(chunks));
}

/** An error that names the place. */
export const badRequest = (message: string) => new OffgraphError("bad-request", `check: ${message}`);

function parsed(chunks: readonly Buffer[]): unknown {
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw badRequest("expected JSON");
  }
}
