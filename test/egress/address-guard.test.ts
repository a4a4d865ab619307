/** Which addresses are inside, and that the checked address is the one that a socket gets. */
import { describe, expect, it } from "vitest";
import { guardedLookup, isInside } from "../../services/egress/feeds/webhook/address-guard.ts";

describe("the address guard", () => {
  it.each([
    "127.8.8.8",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.0.1",
    "0.0.0.0",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "fe80::1",
    "fd12::1",
    "ff02::1",
    "224.0.0.1",
    "255.255.255.255",
  ])("%s is inside", (address) => expect(isInside(address)).toBe(true));
  it.each(["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"])(
    "%s is not",
    (address) => expect(isInside(address)).toBe(false),
  );
  it("resolves a name once and hands that address to the socket", async () => {
    let asked = 0;
    const lookup = guardedLookup(async () => [{ address: `1.1.1.${++asked}`, family: 4 }]);
    const one = await new Promise((resolve) => lookup("example.com", {}, (...answer) => resolve(answer)));
    const all = await new Promise((resolve) =>
      lookup("example.com", { all: true }, (...answer) => resolve(answer)),
    );
    expect(one).toEqual([null, "1.1.1.1", 4]);
    expect(all).toEqual([null, [{ address: "1.1.1.2", family: 4 }]]);
  });
});
