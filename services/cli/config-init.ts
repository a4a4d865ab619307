/**
 * `offgraph config init FOLDER`: what the processes of an installation share, made once: its keys, access tokens for those who
 * send, read and ask, and the settings file that names them. What is there already stays as it is, so it may be run at every start.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Role } from "../../schemas/settings.ts";
import { RIGHTS } from "../adapters/redis/doctor.ts";
import { loadOrMakeKey } from "../ingest/key.ts";
import { loadOrMakeAuditKey } from "../responder/audit-key.ts";
import { loadSettings, settingsFile } from "../settings/config.ts";
import type { CommandOptions } from "./options.ts";
import { print } from "./terminal.ts";

/** Who gets a token: those of the first two are in files of their owner, the others where the container that shows them finds them. */
const TOKENS: readonly { name: string; roles: Role[]; path: string; text?: (token: string) => string }[] = [
  { name: "operator", roles: ["read", "act"], path: "operator.token" },
  { name: "sender", roles: ["ingest"], path: "sender.token" },
  { name: "collector", roles: ["read"], path: "collector/token" },
  {
    name: "gateway",
    roles: ["check"],
    path: "gateway/access.conf",
    text: (token) => `proxy_set_header X-Offgraph-Access "Bearer ${token}";`,
  },
];

/** Makes what is not there yet. */
export async function init(folder: string, options: CommandOptions): Promise<void> {
  const target = join(folder, "offgraph.yaml");
  if (existsSync(target)) {
    print(`${target} is there already`);
    return;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await loadOrMakeKey(folder);
  await loadOrMakeAuditKey(folder);
  const tokens = TOKENS.map((token) => ({
    name: token.name,
    roles: token.roles,
    sha256: issue(folder, token),
  }));
  const file = settingsFile(options.config);
  const given = file === undefined ? {} : (parse(readFileSync(file, "utf8")) ?? {});
  const keys = { hashFile: join(folder, "hash.key"), auditFile: join(folder, "audit.key") };
  const whole = { ...given, http: { ...given.http, tokens }, keys };
  if (given.redis?.username !== undefined) whole.redis = withUser(folder, given.redis);
  // The settings last: as long as they are not there, this has not been finished and begins again.
  writeFileSync(`${target}.draft`, stringify(whole), { mode: 0o600 });
  loadSettings({ path: `${target}.draft`, environment: {} });
  renameSync(`${target}.draft`, target);
  print(`${target}: made, with the keys and tokens that it names`);
}

/** A token of 32 random bytes in its file; answers its hash. */
function issue(folder: string, { path, text = (token) => token }: (typeof TOKENS)[number]): string {
  const token = `og_${randomBytes(32).toString("base64url")}`;
  writeSecret(folder, path, `${text(token)}\n`);
  return sha256(token);
}

/** A user for the store: its password for us, and its line for the server. */
function withUser(folder: string, redis: { username: string; prefix?: string }): object {
  const password = randomBytes(32).toString("base64url");
  writeSecret(folder, "redis.password", `${password}\n`);
  const keys = `~${redis.prefix ?? "offgraph:"}*`;
  const users = [`user default off`, `user ${redis.username} on #${sha256(password)} ${keys} ${RIGHTS}`];
  writeSecret(folder, "redis/users.acl", `${users.join("\n")}\n`);
  return { ...redis, passwordFile: join(folder, "redis.password") };
}

/** What lies in a folder of its own is for one container of another user, and nobody else is given that folder. */
function writeSecret(folder: string, path: string, text: string): void {
  const [inner] = path.split("/").slice(0, -1);
  if (inner !== undefined) mkdirSync(join(folder, inner), { recursive: true, mode: 0o755 });
  writeFileSync(join(folder, path), text, { mode: inner === undefined ? 0o600 : 0o644 });
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
