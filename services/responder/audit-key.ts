/** The installation's key that signs the audit log. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { OffgraphError } from "../../schemas/errors.ts";
import { codeOf } from "../file-fault.ts";

/** Both halves of the key, Ed25519. */
export interface AuditKeys {
  readonly privateKey: KeyObject;
  /** Verifies what the private key signed; keep a copy away from this machine. */
  readonly publicKey: KeyObject;
}

/**
 * The Ed25519 key in `audit.key` (PKCS #8, PEM) of a folder, which is made (owner only, 0600) if it is not there. Processes
 * that start at the same time agree on one. Fails with `bad-settings` if the file holds anything else.
 */
export async function loadOrMakeAuditKey(folder: string): Promise<AuditKeys> {
  const path = join(folder, "audit.key");
  return auditKeysOf((await readKey(path)) ?? (await makeKey(folder, path)), path);
}

/** The keys in the text of such a file, which `path` names. Fails with `bad-settings`. */
export function auditKeysOf(pem: string, path: string): AuditKeys {
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType !== "ed25519") throw new Error("another kind of key");
    return { privateKey, publicKey: createPublicKey(privateKey) };
  } catch {
    throw new OffgraphError("bad-settings", `${path}: expected an Ed25519 private key in PEM`);
  }
}

/** The public key of a file, which may hold the private one; undefined if it is not there. Fails with `bad-settings`. */
export async function readAuditKey(path: string): Promise<KeyObject | undefined> {
  const pem = await readKey(path);
  if (pem === undefined) return undefined;
  try {
    const publicKey = createPublicKey(pem);
    if (publicKey.asymmetricKeyType === "ed25519") return publicKey;
  } catch {
    // Said below.
  }
  throw new OffgraphError("bad-settings", `${path}: expected an Ed25519 key in PEM`);
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return undefined;
  }
}

/** Links a finished file into place, so that nobody reads half a key and the first process wins. */
async function makeKey(folder: string, path: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(4).toString("hex")}`;
  const { privateKey } = generateKeyPairSync("ed25519");
  await using file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(privateKey.export({ type: "pkcs8", format: "pem" }));
    await file.sync();
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  return readFile(path, "utf8");
}
