import { describe, expect, it } from "vitest";
import {
  CODE,
  isIdentifier,
  NO_TARGET,
  NUMBER,
  OWNED,
  readValue,
  TEXT,
  WORD,
} from "../../../detectors/evidence/value.ts";

describe("a value", () => {
  it.each([
    ["to", "Ann@Firm.io", "ann@firm.io"],
    ["url", "https://www.Shop.net/a/b?c", "shop.net"],
    ["url", "www.shop.net/login", "shop.net"],
    ["path", "/home/ann/notes/x.txt", "/home/ann"],
    ["repo", "ann/project-1", "ann"],
    ["iban", "AT6854532054000000", "at6854532054000000"],
    ["role", "arn:aws:iam::123456789012:role/x", "arn:aws:iam::123456789012:role/x"],
  ])("of %s, %s, is known by its party %s", (field, text, party) => {
    const value = readValue(field, text);
    expect(value.party).toBe(party);
    expect(isIdentifier(value.valueClass)).toBe(true);
  });

  it.each([
    ["product", "P025", CODE],
    ["brand", "Acme", WORD],
    ["title", "Day off", TEXT],
    ["amount", "1,000.50", NUMBER],
    ["start", "2026-03-01 10:00", NUMBER],
    ["repo", "ann/project", OWNED],
  ])("of %s, %s, has its class", (field, text, valueClass) => {
    expect(readValue(field, text).valueClass).toBe(valueClass);
  });

  it.each([
    ["product_id", "mouse_product_id"],
    ["repoName", "my-repo"],
    ["cc", "null"],
    ["to", "[address of Lily]"],
    ["id", "{{result}}"],
    ["to", "lily@example.com"],
    ["url", "https://shop.example/x"],
  ])("of %s, %s, only stands for one", (field, text) => {
    expect(readValue(field, text).valueClass).toBe(NO_TARGET);
  });

  it("of an owner is a target even if it repeats its field", () => {
    expect(isIdentifier(readValue("email", "email@firm.io").valueClass)).toBe(true);
  });
});
