import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Settings } from "../../schemas/settings.ts";
import { contractKeysOf } from "../../services/settings/contract-keys.ts";
import { temporaryFolder } from "../adapters/folder.ts";

const place = temporaryFolder();
afterAll(() => place.remove());

function file(name: string, text: string | Buffer): string {
  const path = join(place.folder, name);
  writeFileSync(path, text);
  return path;
}

const settings = (...files: readonly string[]) =>
  Settings.parse({
    contracts: { keys: files.map((publicKeyFile, at) => ({ name: `key ${at}`, publicKeyFile })) },
  });
const spki = { type: "spki", format: "pem" } as const;

describe("keys that contracts may be signed with", () => {
  it("are none unless the settings name some", () => {
    expect(contractKeysOf(Settings.parse({}))).toEqual([]);
  });

  it("are read from their files", () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    const [key] = contractKeysOf(settings(file("a.pub", publicKey.export(spki))));
    expect(key?.name).toBe("key 0");
    expect(key?.publicKey.equals(publicKey)).toBe(true);
  });

  it("are refused where they are missing, private or of another kind, all at once", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const wrong = settings(
      join(place.folder, "none.pub"),
      file("private", privateKey.export({ type: "pkcs8", format: "pem" })),
      file("other.pub", publicKey.export(spki)),
    );
    expect(() => contractKeysOf(wrong)).toThrow(
      /^contracts\.keys\.0\.publicKeyFile: expected a readable file.*\ncontracts\.keys\.1\.publicKeyFile: expected an Ed25519 public key.*\ncontracts\.keys\.2\.publicKeyFile: expected an Ed25519 public key/,
    );
  });
});
