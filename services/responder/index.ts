/** What other rooms see of the responder. */
export { type AuditEntry, type Verdict, verifyAudit } from "./audit.ts";
export { type AuditKeys, loadOrMakeAuditKey } from "./audit-key.ts";
export { type ResponderOptions, startResponder } from "./responder.ts";
export { auditEntries, incidentOf, incidents, incidentsOf } from "./stored.ts";
