/** What other rooms see of the responder. */
export { type AuditEntry, auditKeys, type Verdict, verifyAudit } from "./audit.ts";
export { type ResponderOptions, startResponder } from "./responder.ts";
export { auditEntries, incidentOf, incidents, incidentsOf } from "./stored.ts";
