/**
 * What is read of an AWS CloudTrail record, and who it names.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
import { z } from "zod";
import { ID_LENGTH, NAME_LENGTH, text } from "../../../schemas/ids.ts";

/** AWS leaves a field out, writes null, or writes the empty string; all three mean that it is not there. */
const maybe = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

const UserIdentity = z.object({
  type: maybe,
  principalId: maybe,
  arn: maybe,
  accountId: maybe,
  accessKeyId: maybe,
  /** Of a bearer token, where there is no access key. */
  credentialId: maybe,
  invokedBy: maybe,
  onBehalfOf: z.object({ userId: maybe }).nullish(),
  inScopeOf: z.object({ sourceArn: maybe, credentialsIssuedTo: maybe }).nullish(),
  sessionContext: z
    .object({
      sessionIssuer: z.object({ type: maybe, arn: maybe }).nullish(),
      attributes: z.object({ creationDate: maybe }).nullish(),
      webIdFederationData: z.object({ federatedProvider: maybe }).nullish(),
      sourceIdentity: maybe,
      ec2RoleDelivery: maybe,
    })
    .nullish(),
});
type UserIdentity = z.infer<typeof UserIdentity>;

/** The fields that are read; everything else is left where it is, and with it what could be content or a secret. */
export const CloudTrailRecord = z.object({
  /** 240 characters, so that `#issued` can follow. */
  eventID: text(240),
  eventTime: text(64),
  eventSource: text(NAME_LENGTH),
  eventName: text(NAME_LENGTH),
  userIdentity: UserIdentity,
  awsRegion: maybe,
  sourceIPAddress: maybe,
  userAgent: maybe,
  errorCode: maybe,
  readOnly: z.boolean().nullish(),
  resources: z.array(z.object({ ARN: maybe })).nullish(),
  /** Absent where a shipper drops what is null. */
  requestParameters: z.unknown().optional(),
  responseElements: z.unknown().optional(),
});
export type CloudTrailRecord = z.infer<typeof CloudTrailRecord>;

/** `s3` of `s3.amazonaws.com`. */
export function serviceOf(record: CloudTrailRecord): string {
  return record.eventSource.replace(/\.amazonaws\.com$/, "");
}

const ASSUMED_ROLE = /^arn:([a-z-]+):sts::([0-9]+):assumed-role\/([^/]+)\/(.+)$/;
/** `AROA…:session`: the unique id of a role and the name of one session of it. */
const ROLE_SESSION = /^(AROA[A-Z0-9]+):(.+)$/;

/**
 * Who a record's credential belongs to. For a session of a role the role, because it outlives its sessions; the session's
 * name is the instance. Without an issuer the role's path is unknown, and the ARN is the one without a path.
 */
export function principalOf(
  identity: UserIdentity,
): { id: string; instance?: string | undefined } | undefined {
  const { arn = "", principalId = "", sessionContext, onBehalfOf, invokedBy, accountId } = identity;
  const issuer = sessionContext?.sessionIssuer;
  const [, partition, account, role, nameInArn] = ASSUMED_ROLE.exec(arn) ?? [];
  const [, roleId, nameInId] = ROLE_SESSION.exec(principalId) ?? [];
  const instance = nameInId ?? nameInArn;
  if (issuer?.type === "Role" && issuer.arn) return { id: issuer.arn, instance };
  if (role) return { id: `arn:${partition}:iam::${account}:role/${role}`, instance };
  const id = arn || roleId || principalId || onBehalfOf?.userId || invokedBy || accountId;
  return id ? { id, instance } : undefined;
}

/** Session of temporary credentials: principal and moment of issue. Long-lived keys have none. */
export function cloudtrailSession({ principalId, sessionContext }: UserIdentity): string | undefined {
  const issuedAt = sessionContext?.attributes?.creationDate;
  return issuedAt && principalId ? sessionName(principalId, issuedAt) : undefined;
}

/** The same session as seen at its issue and at its use. */
export function sessionName(principalId: string, issuedAt: string): string | undefined {
  const name = `${principalId}@${issuedAt}`;
  return name.length <= ID_LENGTH ? name : undefined;
}

/** Whether AWS made the call by itself: then address and user agent are a service's and no fingerprint. */
export function isMadeByAws({ userIdentity, sourceIPAddress = "" }: CloudTrailRecord): boolean {
  return userIdentity.invokedBy !== undefined || /^AWS Internal$|\.amazonaws\.com$/.test(sourceIPAddress);
}

/** The EC2 instance that a role's credentials were delivered to; AWS sets both fields itself. */
function deliveredTo(identity: UserIdentity): string | undefined {
  if (identity.sessionContext?.ec2RoleDelivery === undefined) return undefined;
  return /:(i-[0-9a-f]+)$/.exec(identity.principalId ?? "")?.[1];
}

/** The workload that AWS says it gave the credentials to: an EC2 instance, a Lambda function, an ECS task. */
function workloadOf(identity: UserIdentity): string | undefined {
  return deliveredTo(identity) ?? identity.inScopeOf?.credentialsIssuedTo ?? identity.inScopeOf?.sourceArn;
}

/**
 * The smallest thing to compromise for one more witness, by what AWS attests: the workload, else the identity provider
 * whose key signed the web identity, else the principal that owns the access key. Session names and tags prove nothing,
 * because callers choose them.
 */
export function trustUnitOf(identity: UserIdentity): string | undefined {
  const attested = workloadOf(identity) ?? identity.sessionContext?.webIdFederationData?.federatedProvider;
  return attested ?? (identity.accessKeyId || identity.credentialId ? principalOf(identity)?.id : undefined);
}
