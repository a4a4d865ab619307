/**
 * The signature of a contract: JWS in compact serialization (RFC 7515, 7.1) with Ed25519 (RFC 8037, 3.1; named as in RFC 9864, 2.2).
 * The header is always the same but for its key, and is compared as a whole, so that it cannot talk anybody into another algorithm, a
 * key of its own or an extension (RFC 8725, 3.1 and 3.11). `kid` is the thumbprint of the public key (RFC 7638).
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { Contract, MAX_CONTRACT_BYTES, MAX_SIGNED_BYTES } from "../../schemas/contract.ts";
import { OffgraphError } from "../../schemas/errors.ts";
import { faults } from "../plain-words.ts";

/** A key that is trusted to sign contracts. */
export interface ContractKey {
  readonly name: string;
  readonly publicKey: KeyObject;
}

/** A contract whose signature holds. */
export interface SignedContract {
  readonly contract: Contract;
  /** Name of the key. */
  readonly key: string;
  /** SHA-256 of what is signed, hexadecimal. */
  readonly digest: string;
  readonly signed: string;
}

const encoded = (text: string) => Buffer.from(text).toString("base64url");

/** SHA-256 thumbprint of a public key, or of the public half of a private one (RFC 7638; RFC 8037, appendix A.3). */
export function thumbprintOf(key: KeyObject): string {
  const { crv, kty, x } = (key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" });
  return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
}

const headerOf = (key: KeyObject) =>
  encoded(JSON.stringify({ alg: "Ed25519", kid: thumbprintOf(key), typ: "offgraph-contract+jws" }));

/** Signs a contract. Fails with `too-large`. */
export function signContract(contract: Contract, privateKey: KeyObject): string {
  const payload = JSON.stringify(contract);
  if (Buffer.byteLength(payload) > MAX_CONTRACT_BYTES) throw tooLarge();
  const content = `${headerOf(privateKey)}.${encoded(payload)}`;
  return `${content}.${sign(null, Buffer.from(content), privateKey).toString("base64url")}`;
}

/**
 * Checks signature, shape and time of a signed contract. Fails with `too-large`, `untrusted-contract` or `bad-request`; nothing of
 * the payload is looked at before the signature holds.
 */
export function verifyContract(signed: string, keys: readonly ContractKey[], nowMs: number): SignedContract {
  if (signed.length > MAX_SIGNED_BYTES) throw tooLarge();
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(signed);
  if (parts === null) throw untrusted("this is no signed contract: `offgraph contract sign FILE` makes one");
  const [, header = "", payload = "", signature = ""] = parts;
  const key = keyOf(header, keys);
  const content = Buffer.from(`${header}.${payload}`);
  if (!verify(null, content, key.publicKey, Buffer.from(signature, "base64url")))
    throw untrusted(
      `the signature is not that of key ${key.name}, or the contract was changed after it was signed`,
    );
  const contract = parsed(payload);
  if (Date.parse(contract.until) <= nowMs)
    throw new OffgraphError("bad-request", `contract ${contract.name}: it ended at ${contract.until}`);
  return { contract, key: key.name, digest: createHash("sha256").update(content).digest("hex"), signed };
}

/** The trusted key whose header it is. */
function keyOf(header: string, keys: readonly ContractKey[]): ContractKey {
  if (keys.length === 0) throw untrusted("no key is trusted here: contracts.keys in the settings is empty");
  const key = keys.find(({ publicKey }) => headerOf(publicKey) === header);
  if (key !== undefined) return key;
  const known = keys.map(({ name, publicKey }) => `${name} (${thumbprintOf(publicKey)})`).join(", ");
  throw untrusted(
    `its header is not that of a trusted key: expected alg Ed25519, typ offgraph-contract+jws and the kid of ${known}`,
  );
}

function parsed(payload: string): Contract {
  const text = Buffer.from(payload, "base64url").toString("utf8");
  const value = jsonOf(text);
  const { data, error } = Contract.safeParse(value);
  if (data !== undefined) return data;
  throw new OffgraphError("bad-request", faults(error, value, "contract")[0] ?? "contract: unreadable");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OffgraphError("bad-request", "contract: its payload is not JSON", { cause });
  }
}

const tooLarge = () =>
  new OffgraphError(
    "too-large",
    `a contract has at most ${MAX_CONTRACT_BYTES} bytes of JSON; make several of it`,
  );

const untrusted = (message: string) => new OffgraphError("untrusted-contract", message);
