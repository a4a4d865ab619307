/** What an error becomes over HTTP: a status, headers, and the body `{code, message, wayOut}`. */
import { ERRORS, type ErrorCode, OffgraphError } from "../../schemas/errors.ts";

/** An answer that refuses. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly code: ErrorCode; readonly message: string; readonly wayOut: string };
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  "no-access": 403,
  "too-large": 413,
  busy: 429,
  "not-found": 404,
  "not-running": 503,
  unavailable: 503,
  "not-ready": 503,
  fenced: 503,
};

/** Headers by status. */
const HEADERS: Readonly<Record<number, Refusal["headers"]>> = {
  401: { "www-authenticate": "Bearer" },
  429: { "retry-after": "1" },
  503: { "retry-after": "1" },
};

/** `unknownCaller`: a token would help. The router's own errors carry a `statusCode`; every other error is a fault, and its text stays here. */
export function refusalOf(error: Error & { statusCode?: number }, unknownCaller: boolean): Refusal {
  if (error instanceof OffgraphError) {
    const status = error.code === "no-access" && unknownCaller ? 401 : (STATUS[error.code] ?? 400);
    return refusal(status, error.code, error.message);
  }
  const { statusCode = 500 } = error;
  if (statusCode >= 500) return refusal(500, "internal", "something unexpected happened");
  return refusal(statusCode, statusCode === 413 ? "too-large" : "bad-request", error.message);
}

function refusal(status: number, code: ErrorCode, message: string): Refusal {
  return { status, headers: HEADERS[status] ?? {}, body: { code, message, wayOut: ERRORS[code].wayOut } };
}
