/** Errors of the system, told in our own words. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { codeOf, fileFault } from "../services/file-fault.ts";

const thrownBy = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

it("reads the code of an error of the system, and finds none in any other", () => {
  expect(codeOf(thrownBy(() => readFileSync("no/such/file")))).toBe("ENOENT");
  expect(codeOf(new Error("ours"))).toBeUndefined();
  expect(codeOf(new DOMException("cut off", "AbortError"))).toBeUndefined();
  expect(codeOf({ code: "ENOENT" })).toBeUndefined();
  expect(codeOf(undefined)).toBeUndefined();
});

it("says what is wrong with a file: by its code if there is one, else in the error's own words", () => {
  const said = (cause: unknown) => fileFault("trail.json", "read", cause).message;
  expect(said(thrownBy(() => readFileSync("no/such/file")))).toBe(
    "trail.json: cannot be read: there is no such file or folder",
  );
  expect(said(Object.assign(new Error("x"), { code: "EODD" }))).toBe("trail.json: cannot be read: EODD");
  expect(said(new Error("unexpected end of file"))).toBe(
    "trail.json: cannot be read: unexpected end of file",
  );
});
