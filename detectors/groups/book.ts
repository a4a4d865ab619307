/** The versions that a process knows. */
import { type GroupVersion, TAKES_EFFECT_AFTER } from "./version.ts";

/** What detectors may ask for. */
export interface PeerVersions {
  /** The version that judges a day (days since 1970): of the group if it has one, else of the tenant; undefined if there is none. */
  versionFor(tenant: string, group: string, day: number): GroupVersion | undefined;
  /** The version of a group at the end of a day. */
  versionOf(tenant: string, group: string, epoch: number): GroupVersion | undefined;
}

/** Versions of each group that are kept. */
export const VERSIONS_KEPT = 8;

/** Versions by tenant and group, the newest first. */
export interface Book extends PeerVersions {
  put(tenant: string, version: GroupVersion): void;
}

/** A book without versions. */
export function newBook(): Book {
  const pages = new Map<string, readonly GroupVersion[]>();
  const pageOf = (tenant: string, group: string) => pages.get(keyOf(tenant, group)) ?? [];
  const newest = (tenant: string, group: string, before: number) =>
    pageOf(tenant, group).find(({ epoch }) => epoch <= before);
  return {
    versionFor(tenant, group, day) {
      const before = day - TAKES_EFFECT_AFTER;
      return (group === "" ? undefined : newest(tenant, group, before)) ?? newest(tenant, "", before);
    },
    versionOf: (tenant, group, epoch) => pageOf(tenant, group).find((one) => one.epoch === epoch),
    put(tenant, version) {
      const others = pageOf(tenant, version.group).filter(({ epoch }) => epoch !== version.epoch);
      const all = [version, ...others].sort((a, b) => b.epoch - a.epoch);
      pages.set(keyOf(tenant, version.group), all.slice(0, VERSIONS_KEPT));
    },
  };
}

/** Name of a group's place, here and in the store: a tenant holds no slash. */
export const keyOf = (tenant: string, group: string) => `${tenant}/${group}`;

/** Tenant and group of such a name. */
export function partsOfKey(key: string): { readonly tenant: string; readonly group: string } {
  const at = key.indexOf("/");
  return { tenant: key.slice(0, at), group: key.slice(at + 1) };
}
