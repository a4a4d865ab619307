/** Where tokens for OAUTHBEARER come from. Each answers a function that is called for each connection. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { OffgraphError } from "../../../schemas/errors.ts";

/** Somebody else keeps a fresh token in a file, as Kubernetes does for a pod. Errors: `bad-settings`. */
export function tokenFromFile(path: string): () => Promise<string> {
  return async () => {
    try {
      return (await readFile(path, "utf8")).trim();
    } catch (cause) {
      throw new OffgraphError("bad-settings", `kafka.sasl.tokenFile: ${path} cannot be read`, { cause });
    }
  };
}

/** A client that asks an authorization server for its own tokens. */
interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
}

const Answer = z.object({ access_token: z.string() });
/** Longest wait for a token, in ms. */
const TIMEOUT_MS = 10_000;

/** Asks for a token by client credentials, https://www.rfc-editor.org/rfc/rfc6749#section-4.4. Errors: `bad-settings`, `unavailable`. */
export function tokenFromIssuer(client: ClientCredentials): () => Promise<string> {
  return async () => {
    const response = await ask(client).catch((cause) => {
      throw new OffgraphError("unavailable", `kafka.sasl.issuer: ${client.tokenUrl} does not answer`, {
        cause,
      });
    });
    const answer = Answer.safeParse(response.ok ? await response.json().catch(() => undefined) : undefined);
    if (answer.success) return answer.data.access_token;
    const code = response.status >= 500 ? "unavailable" : "bad-settings";
    throw new OffgraphError(code, `kafka.sasl.issuer: ${client.tokenUrl} gave no token (${response.status})`);
  };
}

function ask({ tokenUrl, clientId, clientSecret, scope }: ClientCredentials): Promise<Response> {
  const named = [clientId, clientSecret].map(encodeURIComponent).join(":");
  return fetch(tokenUrl, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(named).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", ...(scope && { scope }) }),
    // The secret goes to the address of the settings, and nowhere else.
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}
