/** Contracts and keys as files. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { Contract, MAX_SIGNED_BYTES } from "../../schemas/contract.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import { codeOf, fileFault } from "../file-fault.ts";
import { faults } from "../plain-words.ts";

/** Makes a pair of keys: the private one (PKCS #8, PEM, owner only), and the public one beside it. Neither takes the place of a file that is there. */
export function makeKeys(file: string): { readonly publicKey: KeyObject; readonly publicFile: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const publicFile = `${file}.pub`;
  create(file, privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
  create(publicFile, publicKey.export({ type: "spki", format: "pem" }), 0o644);
  return { publicKey, publicFile };
}

function create(file: string, text: string | Buffer, mode: number): void {
  try {
    const opened = openSync(file, "wx", mode);
    writeFileSync(opened, text);
    closeSync(opened);
  } catch (cause) {
    throw codeOf(cause) === "EEXIST"
      ? new OffgraphError("bad-request", `${file}: it is there already, and keys are not overwritten`)
      : fileFault(file, "written", cause);
  }
}

/** A private Ed25519 key. Fails with `file-unreadable` or `bad-request`. */
export function readPrivateKey(file: string): KeyObject {
  const pem = read(file);
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Said below.
  }
  throw new OffgraphError("bad-request", `${file}: expected an Ed25519 private key in PEM`);
}

/** A contract that is not signed, YAML or JSON. Fails with `file-unreadable`, `too-large` or `bad-request`, naming the field. */
export function readContract(file: string): Contract {
  const value = parsed(file, read(file));
  const { data, error } = Contract.safeParse(value);
  if (data !== undefined) return data;
  throw new OffgraphError(
    "bad-request",
    faults(error, value)
      .map((fault) => `${file}: ${fault}`)
      .join("\n"),
  );
}

function parsed(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const [line] = String(cause instanceof Error ? cause.message : cause).split("\n");
    throw new OffgraphError("bad-request", `${file}: neither YAML nor JSON: ${line}`, { cause });
  }
}

/** A signed contract; the system verifies it. Fails with `file-unreadable`, `too-large` or `bad-request`. */
export function readSigned(file: string): string {
  const signed = read(file).trim();
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(signed)) return signed;
  throw new OffgraphError(
    "bad-request",
    `${file}: it is not signed; \`offgraph contract sign FILE --key KEY\` writes what can be applied`,
  );
}

/** YAML takes more room than what is signed. */
const MOST_READ = 4 * MAX_SIGNED_BYTES;

function read(file: string): string {
  const text = readWhole(file);
  if (text.length <= MOST_READ) return text;
  throw new OffgraphError("too-large", `${file}: no contract is so large, nor a key`);
}

function readWhole(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw fileFault(file, "read", cause);
  }
}
