/** What `start` refuses beyond the schema of the settings, all at once; `config check` says the same. */
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings, Webhook } from "../../schemas/settings.ts";
import { namesInside } from "../egress/feeds/webhook/address-guard.ts";
import { checkExposure, isLoopback } from "../server/access.ts";
import { loadSecrets } from "../settings/config.ts";
import { contractKeysOf } from "../settings/contract-keys.ts";
import type { Secrets } from "../settings/secrets.ts";

/** The secrets that the settings name. Fails with `bad-settings`, one line for each thing that is wrong. */
export function checkStart(settings: Settings): Secrets {
  const wrong: string[] = [];
  const attempt = <Value>(act: () => Value): Value | undefined => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof OffgraphError)) throw error;
      wrong.push(error.message);
      return undefined;
    }
  };
  attempt(() => checkExposure(settings.http));
  const secrets = attempt(() => loadSecrets(settings));
  attempt(() => contractKeysOf(settings));
  for (const webhook of settings.feeds.webhooks) attempt(() => checkAddress(webhook));
  if (wrong.length > 0) throw new OffgraphError("bad-settings", wrong.join("\n"));
  return secrets ?? { webhooks: new Map() };
}

/** Names are resolved at each delivery, and refused there. */
function checkAddress({ name, url, allowPrivate }: Webhook): void {
  const target = new URL(url);
  if (allowPrivate || !(namesInside(target) || isLoopback(target.hostname))) return;
  throw new OffgraphError(
    "bad-settings",
    `feeds.webhooks.${name}.url: expected a public address, got ${target.hostname}; set allowPrivate if that is meant`,
  );
}
