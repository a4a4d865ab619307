/** What the api reads of the other services, which it does not know. It sees what is of the caller's tenant only. */
import type { Incident } from "../../schemas/action.ts";
import { clock } from "../adapters/clock.ts";
import type { AuditReader, DenialReader, IncidentReader } from "../api/index.ts";
import { denialsOf, deniedUntil } from "../egress/index.ts";
import type { Store } from "../ports/store.ts";
import { auditEntries, incidentOf, incidents, seenBy } from "../responder/index.ts";

/** Incidents as the responder has stored them. Fails when the store does. */
export function incidentReader(store: Store, partitions: number): IncidentReader {
  return {
    async byId(tenant, id) {
      const incident = await incidentOf(store, partitions, id);
      return incident?.tenant === tenant ? incident : undefined;
    },
    async all(tenant) {
      const own: Incident[] = [];
      for await (const incident of incidents(store, partitions))
        if (incident.tenant === tenant) own.push(incident);
      return own;
    },
  };
}

/** Denials in force now, as egress has stored them. Fails when the store does. */
export function denialReader(store: Store, partitions: number): DenialReader {
  return {
    page: (tenant, query) => denialsOf(store, partitions, { tenant, ...query, nowMs: clock.now() }),
    until: (tenant, agents) => deniedUntil(store, partitions, { tenant, agents, nowMs: clock.now() }),
  };
}

/** `folder` is where the older part of the log stands, if any does; `publicKey` is PEM, once it is known. */
export function auditReader(
  store: Store,
  partitions: number,
  folder: string | undefined,
  publicKey: () => string | undefined,
): AuditReader {
  return {
    async *entries(tenant) {
      for (let partition = 0; partition < partitions; partition++)
        for await (const entry of auditEntries(store, partition, folder)) yield seenBy(tenant, entry);
    },
    get publicKey() {
      return publicKey();
    },
  };
}
