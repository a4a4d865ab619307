/** Targets inside the network are refused before anything is sent. */
import { describe, expect, it } from "vitest";
import { finding } from "../responder/given.ts";
import { deadLetters, feed, put, receiver, until, webhook } from "./webhook.ts";

describe("a target inside the network", () => {
  it.each([
    "http://127.0.0.1:1/",
    "http://[::ffff:10.0.0.1]/",
    "http://0x7f.1/",
    "http://[fd00::1]/",
    "http://169.254.169.254/",
  ])("is refused when the URL names it: %s", async (url) => {
    const { stream } = feed(webhook(url, { allowPrivate: false }));
    await put(stream, finding(1), 1);
    await until(async () => (await deadLetters(stream)).length === 1);
    expect((await deadLetters(stream))[0]?.message).toContain("its address is not public");
  });
  it("is refused when a public name resolves to it, and no connection is made", async () => {
    const to = await receiver(200);
    const { port } = new URL(to.url);
    const addresses = [
      { address: "1.1.1.1", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ];
    const { stream } = feed(webhook(`http://hooks.example.com:${port}/`, { allowPrivate: false }), {
      resolve: async () => addresses,
    });
    await put(stream, finding(1), 1);
    await until(async () => (await deadLetters(stream)).length === 1);
    expect((await deadLetters(stream))[0]?.message).toContain("its address is not public");
    expect(to.received).toEqual([]);
  });
});
