import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Contract } from "../../schemas/contract.ts";
import { signContract, thumbprintOf, verifyContract } from "../../services/api/contract-signature.ts";

const owner = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const keys = [{ name: "owner", publicKey: owner.publicKey }];
const NOW = Date.parse("2026-06-01T00:00:00Z");

const contract = Contract.parse({
  name: "pay",
  version: 3,
  agent: "billing",
  workflow: "Pay",
  until: "2026-12-31T00:00:00Z",
  operations: [
    { service: "bank", operation: "transfer", sensitive: true, targets: { payee: ["a@example.com"] } },
  ],
});

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const HEADER = { alg: "Ed25519", kid: thumbprintOf(owner.publicKey), typ: "offgraph-contract+jws" };
/** Signed as its header says or not, by whoever has the key. */
function made(header: object, payload: unknown, key = owner.privateKey): string {
  const content = `${encoded(header)}.${encoded(payload)}`;
  return `${content}.${sign(null, Buffer.from(content), key).toString("base64url")}`;
}
const verified = (signed: string, nowMs = NOW) => verifyContract(signed, keys, nowMs);
const refusal = (code: string, message: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe("a signed contract", () => {
  it("holds with the key that has signed it, and says which one", () => {
    const signed = signContract(contract, owner.privateKey);
    expect(verified(signed)).toEqual({
      contract,
      key: "owner",
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      signed,
    });
    expect(signed).toBe(made(HEADER, contract));
  });

  it("names its key by the thumbprint of RFC 8037, appendix A.3", () => {
    const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } });
    expect(thumbprintOf(key)).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  });

  it("is signed as in RFC 8037, appendix A.4", () => {
    const d = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    const key = createPrivateKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", d, x } });
    const content = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    expect(sign(null, Buffer.from(content), key).toString("base64url")).toBe(
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
    );
  });

  it("is refused when its payload was changed", () => {
    const [header, , signature] = signContract(contract, owner.privateKey).split(".");
    const changed = [header, encoded({ ...contract, closed: true }), signature].join(".");
    expect(() => verified(changed)).toThrow(refusal("untrusted-contract", "was changed after it was signed"));
  });

  it("is refused from a key that is not trusted, also under the name of one that is", () => {
    const foreign = signContract(contract, stranger.privateKey);
    expect(() => verified(foreign)).toThrow(refusal("untrusted-contract", "not that of a trusted key"));
    const borrowed = made(HEADER, contract, stranger.privateKey);
    expect(() => verified(borrowed)).toThrow(refusal("untrusted-contract", "not that of key owner"));
  });

  it.each([
    ["no algorithm", { ...HEADER, alg: "none" }],
    ["another algorithm", { ...HEADER, alg: "HS256" }],
    ["the older name of the algorithm", { ...HEADER, alg: "EdDSA" }],
    ["another type", { ...HEADER, typ: "JWT" }],
    ["a key of its own", { ...HEADER, jwk: owner.publicKey.export({ format: "jwk" }) }],
    ["an extension", { ...HEADER, crit: ["exp"] }],
    ["no key", { alg: HEADER.alg, typ: HEADER.typ }],
  ])("is refused with a header of %s, whoever has signed it", (_, header) => {
    expect(() => verified(made(header, contract))).toThrow(
      refusal("untrusted-contract", "its header is not that of a trusted key"),
    );
  });

  it("is refused without a signature", () => {
    const content = `${encoded({ ...HEADER, alg: "none" })}.${encoded(contract)}.`;
    expect(() => verified(content)).toThrow(refusal("untrusted-contract", "no signed contract"));
  });

  it("is refused after its end, and holds until then", () => {
    const signed = signContract(contract, owner.privateKey);
    const end = Date.parse(contract.until);
    expect(verified(signed, end - 1).contract).toEqual(contract);
    expect(() => verified(signed, end)).toThrow(refusal("bad-request", "it ended at 2026-12-31"));
  });

  it.each([
    ["an unknown field", { ...contract, open: true }, "open"],
    [
      "an unknown field of an operation",
      { ...contract, operations: [{ service: "a", operation: "b", tier: 2 }] },
      "tier",
    ],
    [
      "an operation twice",
      { ...contract, operations: [...contract.operations, ...contract.operations] },
      "twice",
    ],
    ["a version below 1", { ...contract, version: 0 }, "version"],
    ["no end", { ...contract, until: undefined }, "until"],
    [
      "more than a thousand operations",
      {
        ...contract,
        operations: Array.from({ length: 1001 }, (_, at) => ({ service: "a", operation: `${at}` })),
      },
      "operations",
    ],
  ])("is refused with %s", (_, payload, place) => {
    expect(() => verified(made(HEADER, payload))).toThrow(refusal("bad-request", place));
  });

  it("has room for a thousand operations, and not for much more", () => {
    const named = (letters: number) =>
      Contract.parse({
        ...contract,
        operations: Array.from({ length: 1000 }, (_, at) => ({
          service: "s",
          operation: `${at}`.padStart(letters, "o"),
        })),
      });
    expect(verified(signContract(named(12), owner.privateKey)).contract.operations).toHaveLength(1000);
    expect(() => signContract(named(60), owner.privateKey)).toThrow(refusal("too-large", "65536 bytes"));
    expect(() => verified(made(HEADER, named(60)))).toThrow(refusal("too-large", "65536 bytes"));
  });

  it("is refused where no key is trusted, with what to do", () => {
    expect(() => verifyContract(signContract(contract, owner.privateKey), [], NOW)).toThrow(
      refusal("untrusted-contract", "contracts.keys in the settings is empty"),
    );
  });
});
