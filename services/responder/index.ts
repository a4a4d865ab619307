/** What other rooms see of the responder. */
export { type AuditEntry, type SealedEntry, seenBy } from "./audit.ts";
export { type AuditLine, auditFiles, auditLinesIn, auditLinesOf } from "./audit-files.ts";
export { type AuditKeys, auditKeysOf, loadOrMakeAuditKey, readAuditKey } from "./audit-key.ts";
export { auditEntries, auditLines } from "./audit-stored.ts";
export {
  type AuditVerdict,
  type AuditVerifier,
  auditVerifier,
  type Chain,
  type Fault,
  verifyAudit,
} from "./audit-verify.ts";
export { incidentOf, incidents, incidentsOf } from "./incidents.ts";
export { type ResponderOptions, startResponder } from "./responder.ts";
