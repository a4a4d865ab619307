/** AWS CloudTrail: who called what with which access key, and which credentials STS issued to whom. */
import type { Converted, EventDraft, Source } from "../source.ts";
import { cloudtrailOperation, cloudtrailOutcome, networkOf } from "./cloudtrail-call.ts";
import { isIssuance, issuanceOf } from "./cloudtrail-issuance.ts";
import { CloudTrailRecord, cloudtrailSession, principalOf, trustUnitOf } from "./cloudtrail-record.ts";
import { isObject, parse, unknownRecord } from "./parse.ts";

function callOf(record: CloudTrailRecord, agent: { id: string; instance?: string | undefined }): EventDraft {
  const { userIdentity } = record;
  const subject = userIdentity.onBehalfOf?.userId ?? userIdentity.sessionContext?.sourceIdentity;
  const key = userIdentity.accessKeyId ?? userIdentity.credentialId;
  return {
    kind: "api.called",
    id: record.eventID,
    time: record.eventTime,
    agent,
    trustUnit: trustUnitOf(userIdentity),
    session: cloudtrailSession(userIdentity),
    subject: subject ? { id: subject } : undefined,
    token: key ? { publicId: key } : undefined,
    operation: cloudtrailOperation(record),
    outcome: cloudtrailOutcome(record),
    network: networkOf(record),
  };
}

function convertOne(given: unknown): Converted {
  if (!isObject(given) || !("eventName" in given))
    return unknownRecord("not a CloudTrail record: it has no eventName");
  if (!isObject(given.userIdentity))
    return unknownRecord("userIdentity: a record without a principal (Insights) is nobody's event");
  const parsed = parse(CloudTrailRecord, given);
  if ("refused" in parsed) return { events: [], refused: parsed.refused };
  const record = parsed.value;
  const agent = principalOf(record.userIdentity);
  if (!agent) return unknownRecord("userIdentity: it names neither a principal nor a service nor an account");
  const call = callOf(record, agent);
  if (!isIssuance(record)) return { events: [call] };
  const issuance = issuanceOf(record);
  if (!issuance)
    return {
      events: [call],
      refused: { code: "invalid-event", message: "responseElements: the issued credential is not named" },
    };
  return { events: [call, { ...issuance, trustUnit: call.trustUnit, network: call.network }] };
}

/** The records of a log file, with the first refusal; the message says which record it was and how many more. */
function convertAll(records: readonly unknown[]): Converted {
  const all = records.map(convertOne);
  const events = all.flatMap((one) => one.events);
  const refusals = all.flatMap(({ refused }, index) =>
    refused ? [{ ...refused, message: `Records[${index}]: ${refused.message}` }] : [],
  );
  const [first] = refusals;
  if (!first) return { events };
  const more = refusals.length > 1 ? `; and ${refusals.length - 1} more` : "";
  return { events, refused: { code: first.code, message: first.message + more } };
}

function convert(record: unknown): Converted {
  if (!isObject(record)) return unknownRecord("a CloudTrail record must be a JSON object");
  if (Array.isArray(record.Records)) return convertAll(record.Records);
  return convertOne("detail" in record && !("eventName" in record) ? record.detail : record);
}

export const cloudtrail: Source = {
  name: "cloudtrail",
  title: "AWS CloudTrail records, as the vendor writes them",
  about: `Reads one record per line, the log files of S3 ({"Records": [...]}), and EventBridge ({"detail": {...}}).
Each record becomes one \`api.called\` of its caller: agent = role, user, root, federated user or AWS service; instance = name of the
role's session; token = access key id; session = principal id @ creation date of the temporary credentials, none for long-lived keys.
Each credential that STS issues becomes also a \`token.issued\` of the principal it is issued to, id \`<eventID>#issued\`, with the
caller's key as parent and, if that key is long-lived, as root grant. A refused request is only the caller's failed call.
Tier: readOnly is 0; credentials, policies, keys, sharing and logging are 2, also where AWS calls them read-only (AssumeRole,
GetSecretValue, Decrypt); other writes are 1. Outcome: denied for missing rights and credentials not accepted, else error.
Calls that AWS makes by itself (invokedBy, or an AWS host as address) are marked \`provider\` and carry no fingerprint.
Trust unit: the EC2 instance, function or task that AWS says it gave the credentials to; else the web identity provider; else the
principal of the key. Targets: ARNs of \`resources\` and a fixed list of request parameters.
Lost: all other request parameters and the response (session tokens are never read), MFA, TLS, VPC endpoint, sharedEventID.
CloudTrail has no workflow id: without one from elsewhere, baselines are per agent only.`,
  open: () => convert,
};
