/** Talks to the running system over HTTP, as the commands that read or act do. */
import { ERRORS, type ErrorCode, OffgraphError } from "../../schemas/errors.ts";
import { fromText } from "../records.ts";

/** What is asked beside the path. */
interface Asked extends Omit<RequestInit, "headers"> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** The running system, as commands talk to it. */
export interface ApiClient {
  readonly url: string;
  get<Value>(path: string): Promise<Value>;
  post<Value>(path: string, body: object): Promise<Value>;
  /** The answer itself. Every status but success, and those in `expected`, is an error. */
  open(path: string, init?: Asked, expected?: readonly number[]): Promise<Response>;
}

/** A refusal that may say when to come again. */
export class Refused extends OffgraphError {
  /** From Retry-After, in ms; undefined if it was not said. */
  readonly retryAfterMs: number | undefined;
  constructor(code: ErrorCode, message: string, retryAfterMs: number | undefined) {
    super(code, message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** A client of the system at `url`. What it is asked for fails with `not-running`, or as the system says. */
export function openApiClient({ url, token }: { url: string; token: string | undefined }): ApiClient {
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const open = async (path: string, init: Asked = {}, expected: readonly number[] = []) => {
    const headers = { ...authorization, ...init.headers };
    const response = await fetch(url + path, { ...init, headers }).catch((cause: unknown) => {
      throw new OffgraphError("not-running", `nothing answers at ${url}`, { cause });
    });
    if (response.ok || expected.includes(response.status)) return response;
    throw refusal(await response.text(), response, url);
  };
  const json = { "content-type": "application/json" };
  const post = (body: object): Asked => ({ method: "POST", headers: json, body: JSON.stringify(body) });
  return {
    url,
    open,
    // What the system answers is our own schema; it is not checked again.
    get: async <Value>(path: string) => fromText<Value>(await (await open(path)).text()),
    post: async <Value>(path: string, body: object) =>
      fromText<Value>(await (await open(path, post(body))).text()),
  };
}

/** The error that an answer carries; what answers otherwise is not Offgraph. */
export function refusal(text: string, { status, headers }: Response, url: string): Refused {
  const { code = "", message = "" } = parsed(text);
  const seconds = Number.parseInt(headers.get("retry-after") ?? "", 10);
  const retryAfterMs = Number.isNaN(seconds) ? undefined : seconds * 1000;
  if (isErrorCode(code)) return new Refused(code, message, retryAfterMs);
  return new Refused("not-running", `${url} answers ${status}, but not as Offgraph does`, retryAfterMs);
}

const isErrorCode = (code: string): code is ErrorCode => code in ERRORS;

function parsed(text: string): { readonly code?: string; readonly message?: string } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
