/** Secrets that the settings name: each from its file or its environment variable, and never told in a message. */
import { readFileSync } from "node:fs";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings, Webhook } from "../../schemas/settings.ts";
import { codeOf } from "../file-fault.ts";

/** What a process needs to know and nobody else may see. Absent: the settings name none. */
export interface Secrets {
  /** Signing secrets by webhook. */
  readonly webhooks: ReadonlyMap<string, string>;
  /** The user's, or the secret of the client that asks for tokens. */
  readonly kafkaPassword?: string | undefined;
  /** Passwords by source, of those that have brokers of their own. */
  readonly sourcePasswords?: ReadonlyMap<string, string | undefined>;
  readonly redisPassword?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** As it stands in its file: 32 bytes in base64url. */
  readonly hashKey?: string | undefined;
  /** As it stands in its file: PEM. */
  readonly auditKey?: string | undefined;
  /** Headers for the collector, `name=value,name=value`. */
  readonly telemetryHeaders?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a secret is; one of them at most. */
interface Named {
  readonly file?: string | undefined;
  readonly env?: string | undefined;
}

/** All of them. Fails with `bad-settings`, one line for each that is wrong. */
export function secretsOf(settings: Settings, environment: Environment): Secrets {
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
  const read = (place: string, { file, env }: Named) =>
    attempt(() => textOf(place, { file, env }, environment));
  const readSasl = (place: string, sasl: KafkaSasl) =>
    sasl?.issuer === undefined
      ? read(`${place}.password`, passwordOf(sasl))
      : read(`${place}.issuer.clientSecret`, clientSecretOf(sasl.issuer));
  const { kafka, redis, keys, telemetry } = settings;
  const webhooks = new Map<string, string>();
  for (const webhook of settings.feeds.webhooks) {
    const secret = attempt(() => webhookSecret(webhook, environment));
    if (secret !== undefined) webhooks.set(webhook.name, secret);
  }
  const secrets = {
    webhooks,
    kafkaPassword: readSasl("kafka.sasl", kafka?.sasl),
    sourcePasswords: new Map(
      settings.sources.map(({ name, kafka: own }) => [
        name,
        readSasl(`sources.${name}.kafka.sasl`, own?.sasl),
      ]),
    ),
    redisPassword: read("redis.password", passwordOf(redis)),
    sentinelPassword: read("redis.sentinel.password", passwordOf(redis?.sentinel)),
    hashKey: read("keys.hash", { file: keys.hashFile, env: keys.hashEnv }),
    auditKey: read("keys.audit", { file: keys.auditFile, env: keys.auditEnv }),
    telemetryHeaders: read("telemetry.headers", { file: telemetry.headersFile, env: telemetry.headersEnv }),
  };
  if (wrong.length > 0) throw new OffgraphError("bad-settings", wrong.join("\n"));
  return secrets;
}

interface WithPassword {
  readonly passwordFile?: string | undefined;
  readonly passwordEnv?: string | undefined;
}

const passwordOf = (given: WithPassword | undefined): Named => ({
  file: given?.passwordFile,
  env: given?.passwordEnv,
});

type KafkaSasl = NonNullable<Settings["kafka"]>["sasl"];

const clientSecretOf = (issuer: NonNullable<NonNullable<KafkaSasl>["issuer"]>): Named => ({
  file: issuer.clientSecretFile,
  env: issuer.clientSecretEnv,
});

/** The text without the line end that editors leave; undefined if no place is named. */
function textOf(place: string, { file, env }: Named, environment: Environment): string | undefined {
  if (file === undefined && env === undefined) return undefined;
  const [name, text] =
    file === undefined
      ? [`${place}Env`, environment[env ?? ""] ?? ""]
      : [`${place}File`, readText(file, `${place}File`)];
  const secret = text.trim();
  if (secret !== "") return secret;
  throw new OffgraphError(
    "bad-settings",
    `${name}: expected a secret in ${file ?? `$${env}`}, and it is empty`,
  );
}

function webhookSecret(webhook: Webhook, environment: Environment): string {
  const place = `feeds.webhooks.${webhook.name}`;
  const { secretFile: file, secretEnv: env } = webhook;
  if ((file === undefined) === (env === undefined)) {
    const found = env ? "both" : "neither";
    throw new OffgraphError(
      "bad-settings",
      `${place}: expected either secretFile or secretEnv, got ${found}`,
    );
  }
  const text = (file ? readText(file, `${place}.secretFile`) : (environment[env ?? ""] ?? "")).trim();
  const length = Buffer.from(/^whsec_([A-Za-z0-9+/]+=*)$/.exec(text)?.[1] ?? "", "base64").length;
  if (length >= 24 && length <= 64) return text;
  throw new OffgraphError(
    "bad-settings",
    `${place}: expected whsec_ and base64 of 24 to 64 bytes in ${file ?? `$${env}`}, got ${length} bytes`,
  );
}

/** A file that a setting names. Fails with `bad-settings`. */
export function readText(path: string, setting: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new OffgraphError(
      "bad-settings",
      `${setting}: expected a readable file, got ${path} (${codeOf(cause)})`,
      { cause },
    );
  }
}
