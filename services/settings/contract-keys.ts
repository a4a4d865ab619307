/** Public keys that contracts may be signed with, from the files that the settings name. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Settings } from "../../schemas/settings.ts";
import { readText } from "./secrets.ts";

/** A key with the name that the settings give it. */
interface TrustedKey {
  readonly name: string;
  readonly publicKey: KeyObject;
}

/** All of them. Fails with `bad-settings`, one line for each that is wrong. */
export function contractKeysOf({ contracts }: Settings): readonly TrustedKey[] {
  const wrong: string[] = [];
  const read = contracts.keys.flatMap(({ name, publicKeyFile }, at) => {
    try {
      return [{ name, publicKey: publicKeyIn(publicKeyFile, `contracts.keys.${at}.publicKeyFile`) }];
    } catch (error) {
      if (!(error instanceof OffgraphError)) throw error;
      wrong.push(error.message);
      return [];
    }
  });
  if (wrong.length > 0) throw new OffgraphError("bad-settings", wrong.join("\n"));
  return read;
}

function publicKeyIn(path: string, place: string): KeyObject {
  const pem = readText(path, place);
  // A private key holds the public one too, but has no place on this machine.
  if (pem.includes("-----BEGIN PUBLIC KEY-----")) {
    try {
      const key = createPublicKey(pem);
      if (key.asymmetricKeyType === "ed25519") return key;
    } catch {
      // Said below.
    }
  }
  throw new OffgraphError("bad-settings", `${place}: expected an Ed25519 public key in PEM in ${path}`);
}
