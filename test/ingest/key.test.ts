import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keyedHash, loadOrMakeKey, PUBLIC_KEY } from "../../services/ingest/key.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "offgraph-key-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("makes a key that only its owner can read, and finds the same one again", async () => {
  const inside = join(folder, "data");
  const key = await loadOrMakeKey(inside);
  expect(key.secret.length).toBe(32);
  expect(key.name).toMatch(/^[0-9a-f]{8}$/);
  expect((await stat(join(inside, "hash.key"))).mode & 0o777).toBe(0o600);
  expect(await loadOrMakeKey(inside)).toEqual(key);
  expect((await loadOrMakeKey(folder)).name).not.toBe(key.name);
});

it("gives all processes that start at once the same key, and leaves no other file", async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => loadOrMakeKey(folder)));
  expect(new Set(keys.map(({ name }) => name)).size).toBe(1);
  expect(await readdir(folder)).toEqual(["hash.key"]);
});

it.each(["", "short", `${"A".repeat(43)}!`])(
  "refuses a file that holds no key (%j), and leaves it as it is",
  async (text) => {
    const path = join(folder, "hash.key");
    await writeFile(path, text);
    await expect(loadOrMakeKey(folder)).rejects.toMatchObject({ code: "bad-settings" });
    expect(await readFile(path, "utf8")).toBe(text);
  },
);

it("hashes to the same 128 bits under one key, and to others under another", async () => {
  const key = await loadOrMakeKey(folder);
  expect(keyedHash(key, "token")).toMatch(new RegExp(`^${key.name}:[0-9a-f]{32}$`));
  expect(keyedHash(key, "token")).toBe(keyedHash(key, "token"));
  expect(keyedHash(key, "token")).not.toBe(keyedHash(key, "tokem"));
  expect(keyedHash(PUBLIC_KEY, "token").slice(7)).not.toBe(keyedHash(key, "token").slice(9));
});
