/** Requests that a gateway may send, among them some that `fetch` would not. */
import { request } from "undici";

export interface Asked {
  readonly method?: string;
  /** By name, or name and value by turns. */
  readonly headers?: Record<string, string> | string[];
  readonly body?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Undefined if the text is empty. */
  readonly json: unknown;
}

export type Ask = (path: string, asked?: Asked) => Promise<Answered>;

/** Asks a server. */
export function asking(url: string): Ask {
  return async (path, asked = {}) => {
    const { statusCode, headers, body } = await request(url + path, asked);
    const text = await body.text();
    return { status: statusCode, headers, text, json: text === "" ? undefined : JSON.parse(text) };
  };
}
