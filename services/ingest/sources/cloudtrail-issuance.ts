/**
 * Credentials that AWS STS issues. https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
 * Of the response only the declared fields are read; the secret and the session token are not among them.
 */
import { z } from "zod";
import { ID_LENGTH, text } from "../../../schemas/ids.ts";
import type { EventDraft } from "../source.ts";
import {
  type CloudTrailRecord,
  cloudtrailSession,
  principalOf,
  serviceOf,
  sessionName,
} from "./cloudtrail-record.ts";

const ISSUING = new Set([
  "AssumeRole",
  "AssumeRoleWithWebIdentity",
  "AssumeRoleWithSAML",
  "AssumeRoot",
  "GetSessionToken",
  "GetFederationToken",
]);

const Response = z.object({
  credentials: z.object({ accessKeyId: text(ID_LENGTH), expiration: z.string().nullish() }),
  assumedRoleUser: z.object({ assumedRoleId: z.string() }).nullish(),
  federatedUser: z.object({ federatedUserId: z.string(), arn: z.string() }).nullish(),
  subjectFromWebIdentityToken: z.string().nullish(),
});
type Response = z.infer<typeof Response>;
const Request = z.object({
  roleArn: z.string().nullish(),
  roleSessionName: z.string().nullish(),
  targetPrincipal: z.string().nullish(),
  webIdentityTokenId: z.string().nullish(),
});
type Request = z.infer<typeof Request>;

/** Whether a record reports that a credential was issued. A refused request issues none: it is the caller's failed call. */
export function isIssuance(record: CloudTrailRecord): boolean {
  return serviceOf(record) === "sts" && ISSUING.has(record.eventName) && record.errorCode === undefined;
}

const WRITTEN = /^[A-Z][a-z]{2} \d{1,2}, \d{4},? \d{1,2}:\d{2}:\d{2} [AP]M$/;

/** `Oct 2, 2019 11:12:29 PM`, which is UTC, or ISO 8601, as ISO 8601. Newer Java puts a narrow space before AM and PM. */
export function expirationTime(written: string): string | undefined {
  const plain = written.replace(/\s/g, " ");
  const ms = Date.parse(WRITTEN.test(plain) ? `${plain} UTC` : plain);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

interface Holder {
  readonly id: string;
  readonly instance?: string | undefined;
  /** The id that userIdentity.principalId will show when the credential is used. */
  readonly principalId?: string | undefined;
}

/** Who may use the credential: the role, the federated user, the account's root, or the caller itself. */
function holderOf(record: CloudTrailRecord, request: Request, response: Response): Holder | undefined {
  const { roleArn, roleSessionName, targetPrincipal } = request;
  const role = response.assumedRoleUser?.assumedRoleId;
  if (roleArn) return { id: roleArn, instance: roleSessionName ?? role?.split(":")[1], principalId: role };
  const federated = response.federatedUser;
  if (federated) return { id: federated.arn, principalId: federated.federatedUserId };
  if (targetPrincipal) return rootOf(targetPrincipal);
  const caller = principalOf(record.userIdentity);
  return caller && { ...caller, principalId: record.userIdentity.principalId };
}

/** AssumeRoot names the account by number or by ARN; its uses come from the account's root user. */
function rootOf(target: string): Holder {
  const account = /^(?:arn:[a-z-]+:iam::)?([0-9]{12})(?::root)?$/.exec(target)?.[1];
  return account ? { id: `arn:aws:iam::${account}:root`, principalId: account } : { id: target };
}

/** Long-lived keys have no session; a chain that begins with one has it as its root grant. */
function rootGrantOf(identity: CloudTrailRecord["userIdentity"]): string | undefined {
  return cloudtrailSession(identity) === undefined ? identity.accessKeyId : undefined;
}

/** The issuance in a record of which `isIssuance` is true; undefined if the record does not show the credential. */
export function issuanceOf(record: CloudTrailRecord): EventDraft | undefined {
  const response = Response.safeParse(record.responseElements).data;
  const request = Request.safeParse(record.requestParameters ?? {}).data;
  const holder = response && request && holderOf(record, request, response);
  if (!holder) return undefined;
  const { userIdentity, eventTime } = record;
  const subject = response.subjectFromWebIdentityToken ?? userIdentity.sessionContext?.sourceIdentity;
  return {
    kind: "token.issued",
    id: `${record.eventID}#issued`,
    time: eventTime,
    agent: { id: holder.id, instance: holder.instance ?? undefined },
    session: holder.principalId && sessionName(holder.principalId, eventTime),
    subject: subject ? { id: subject } : undefined,
    token: {
      publicId: response.credentials.accessKeyId,
      issuer: "sts.amazonaws.com",
      parent: userIdentity.accessKeyId ?? request.webIdentityTokenId ?? undefined,
      rootGrant: rootGrantOf(userIdentity),
      issuedAt: eventTime,
      expiresAt: expirationTime(response.credentials.expiration ?? ""),
    },
    outcome: { result: "ok" },
  };
}
