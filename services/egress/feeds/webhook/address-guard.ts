/**
 * Keeps webhooks away from the inside of the network (server-side request forgery). What is checked is the resolved address, and
 * it is the one that is connected to: a name that answers differently the next time gains nothing.
 */
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Finds the addresses of a name. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** All addresses of a name, as the operating system knows them. Rejects when it knows none. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true });

/** Not globally reachable, by IANA's special-purpose registries (RFC 6890), and what carries such an IPv4 address within. */
const INSIDE = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
] as const;

const inside = new BlockList();
for (const range of INSIDE) {
  const [network = "", prefix] = range.split("/");
  inside.addSubnet(network, Number(prefix), isIP(network) === 6 ? "ipv6" : "ipv4");
}

/** True for an address that is not on the public Internet, also when it is an IPv4 address written as IPv6. */
export const isInside = (address: string): boolean =>
  inside.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

/** True if a URL names such an address itself, so that there is nothing to resolve. */
export function namesInside(url: URL): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(host) !== 0 && isInside(host);
}

/** A look-up for sockets that refuses names with any address inside. */
export function guardedLookup(resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || addresses.some(({ address }) => isInside(address))) {
          callback(new Error(REFUSED), "", 0);
        } else if (options.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, "", 0),
    );
  };
}

/** The reason of an attempt that was refused here. */
export const REFUSED = "its address is not public; set allowPrivate if that is meant";
