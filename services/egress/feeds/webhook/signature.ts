/** Signatures of Standard Webhooks 1.0 (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). */
import { createHmac } from "node:crypto";
import { OffgraphError } from "../../../../schemas/errors.ts";

const PREFIX = "whsec_";

/** The bytes of a secret: `whsec_` and base64 of 24 to 64 bytes. Fails with `bad-settings`, which never shows the secret. */
export function secretBytes(secret: string, webhook: string): Uint8Array {
  const text = secret.trim();
  const bytes = Buffer.from(text.slice(PREFIX.length), "base64");
  if (text.startsWith(PREFIX) && bytes.length >= 24 && bytes.length <= 64) return bytes;
  throw new OffgraphError(
    "bad-settings",
    `feeds.webhooks ${webhook}: secret: expected ${PREFIX} and base64 of 24 to 64 bytes`,
  );
}

/** `webhook-signature`: HMAC-SHA256 over `id.timestamp.body`, one per secret, so that a receiver may know either while they are changed. */
export function signatureOf(
  secrets: readonly Uint8Array[],
  id: string,
  timestampSeconds: number,
  body: string,
): string {
  const signed = `${id}.${timestampSeconds}.${body}`;
  return secrets
    .map((secret) => `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`)
    .join(" ");
}
