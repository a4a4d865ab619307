/** Where tokens for OAUTHBEARER come from. Each answers a function that is called for each connection. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { OffgraphError } from "../../../schemas/errors.ts";

/** Somebody else keeps a fresh token in a file, as Kubernetes does for a pod. Errors: `bad-settings`. */
export function tokenFromFile(path: string): () => Promise<string> {
  return async () => (await readSecret(path)).trim();
}

/** A client that asks an authorization server for its own tokens. */
export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  /** File with the client's secret. */
  readonly clientSecretFile: string;
  readonly scope?: string;
}

const Answer = z.object({ access_token: z.string() });
/** Longest wait for a token, in ms. */
const TIMEOUT_MS = 10_000;

/** Asks for a token by client credentials, https://www.rfc-editor.org/rfc/rfc6749#section-4.4. Errors: `bad-settings`, `unavailable`. */
export function tokenFromIssuer(client: ClientCredentials): () => Promise<string> {
  return async () => {
    const secret = (await readSecret(client.clientSecretFile)).trim();
    const named = [client.clientId, secret].map(encodeURIComponent).join(":");
    const response = await fetch(client.tokenUrl, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(named).toString("base64")}` },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        ...(client.scope && { scope: client.scope }),
      }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error) => {
      throw new OffgraphError("unavailable", `kafka.sasl: ${client.tokenUrl} does not answer`, {
        cause: error,
      });
    });
    const answer = Answer.safeParse(response.ok ? await response.json() : undefined);
    if (answer.success) return answer.data.access_token;
    throw new OffgraphError(
      "bad-settings",
      `kafka.sasl: ${client.tokenUrl} gave no token (${response.status})`,
    );
  };
}

async function readSecret(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new OffgraphError("bad-settings", `kafka.sasl: ${path} cannot be read`, { cause: error });
  }
}
