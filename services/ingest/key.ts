/**
 * The key that turns token values into hashes. Made once in the data folder and shared by all processes that take in
 * events; whoever has it can test guesses of a token, so it is a secret of its own.
 */
import { createHash, createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { OffgraphError } from "../../schemas/errors.ts";
import { codeOf } from "../file-fault.ts";

const BYTES = 32;
/** HMAC-SHA-256 is cut to this many hexadecimal digits: 128 bits. */
const DIGITS = 32;

export interface Key {
  /** Written before every hash; the first 8 hexadecimal digits of the SHA-256 of the secret, or `public`. */
  readonly name: string;
  readonly secret: Uint8Array;
  /** The secret as node's crypto takes it. Made once, because making it takes six times as long as a hash. */
  readonly prepared: KeyObject;
}

/** For replay without the installation's key: hashes are comparable within the replay, and protect nothing. */
export const PUBLIC_KEY: Key = keyNamed("public", Buffer.alloc(BYTES));

/** `<key name>:<32 hexadecimal digits>`: HMAC-SHA-256 (RFC 2104) of a value, cut to 128 bits. */
export function keyedHash(key: Key, value: string): string {
  const digest = createHmac("sha256", key.prepared).update(value).digest("hex");
  return `${key.name}:${digest.slice(0, DIGITS)}`;
}

/**
 * The key in `hash.key` of a folder, which is made (owner only, 0600) if it is not there. Processes that start at the
 * same time agree on one. Fails with `bad-settings` if the file holds anything but 32 bytes in base64url.
 */
export async function loadOrMakeKey(folder: string): Promise<Key> {
  const path = join(folder, "hash.key");
  try {
    return keyOf(await readFile(path, "utf8"), path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  await mkdir(folder, { recursive: true });
  await makeFile(path);
  return keyOf(await readFile(path, "utf8"), path);
}

/** The key in a file, such as `hash.key` of a data folder. Fails with `file-unreadable` or `bad-settings`. */
export async function readKey(path: string): Promise<Key> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new OffgraphError("file-unreadable", `${path}: cannot be read`, { cause });
  });
  return keyOf(text, path);
}

/** Links a finished file into place, so that nobody reads half a key and the first process wins. */
async function makeFile(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${randomBytes(BYTES).toString("base64url")}\n`);
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await file.close();
    await unlink(draft);
  }
}

/** The key in the text of such a file, which `path` names. Fails with `bad-settings`. */
export function keyOf(text: string, path: string): Key {
  const secret = Buffer.from(text.trim(), "base64url");
  if (secret.length !== BYTES || secret.toString("base64url") !== text.trim())
    throw new OffgraphError("bad-settings", `${path}: expected ${BYTES} bytes in base64url`);
  return keyNamed(createHash("sha256").update(secret).digest("hex").slice(0, 8), secret);
}

function keyNamed(name: string, secret: Buffer): Key {
  return { name, secret, prepared: createSecretKey(secret) };
}
