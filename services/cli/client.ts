/** Talks to the running system over HTTP, as the commands that read or act do. */
import { ERRORS, type ErrorCode, OffgraphError } from "../../schemas/errors.ts";

export interface Client {
  readonly url: string;
  get<Value>(path: string): Promise<Value>;
  post<Value>(path: string, body: object): Promise<Value>;
  /** The answer itself, for streams. Every status but success is an error. */
  open(path: string, init?: RequestInit): Promise<Response>;
}

export function openClient({ url, token }: { url: string; token: string | undefined }): Client {
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const open = async (path: string, init: RequestInit = {}) => {
    const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(url + path, { ...init, headers }).catch((cause: unknown) => {
      throw new OffgraphError("not-running", `nothing answers at ${url}`, { cause });
    });
    if (response.ok) return response;
    throw await refusal(response, url);
  };
  const json = { "content-type": "application/json" };
  const post = (body: object): RequestInit => ({ method: "POST", headers: json, body: JSON.stringify(body) });
  return {
    url,
    open,
    // What the system answers is our own schema; it is not checked again.
    get: async <Value>(path: string) => (await (await open(path)).json()) as Value,
    post: async <Value>(path: string, body: object) => (await (await open(path, post(body))).json()) as Value,
  };
}

/** The error that an answer carries; whatever answers otherwise is not Offgraph. */
export async function refusal(response: Response, url: string): Promise<OffgraphError> {
  const text = await response.text().catch(() => "");
  const answer = parsed(text) as { code?: string; message?: string } | undefined;
  if (answer?.code !== undefined && answer.code in ERRORS)
    return new OffgraphError(answer.code as ErrorCode, answer.message ?? "");
  return new OffgraphError("not-running", `${url} answers ${response.status}, but not as Offgraph does`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
