/** What a CloudTrail record says about the call itself: operation, targets, tier, outcome, network. */
import type { z } from "zod";
import { NAME_LENGTH } from "../../../schemas/ids.ts";
import {
  MAX_TARGETS,
  type Network,
  type Operation,
  type Outcome,
  TARGET_LENGTH,
} from "../../../schemas/operation.ts";
import { operationTier } from "../tier.ts";
import { type CloudTrailRecord, isMadeByAws, serviceOf } from "./cloudtrail-record.ts";
import { isObject } from "./parse.ts";

/** Request parameters that name what is acted on. Nothing else is read, because parameters hold content and secrets too. */
const TARGET_FIELDS = `
  bucketName roleArn roleName userName groupName policyArn policyName instanceProfileName secretId keyId trustAnchorId
  instanceId imageId volumeId snapshotId groupId vpcId subnetId routeTableId internetGatewayId networkInterfaceId allocationId
  dBInstanceIdentifier dBSnapshotIdentifier functionName topicArn queueUrl tableName streamName clusterName repositoryName
  stackName documentName logGroupName resourceArn targetPrincipal agentRuntimeArn gatewayIdentifier modelId name names`
  .trim()
  .split(/\s+/);

/** `name` is a target at the top (a parameter, a trail), but the name of a filter inside a list. */
const NESTED_FIELDS = new Set(TARGET_FIELDS.filter((field) => field !== "name" && field !== "names"));

/** EC2 writes lists as `{"instancesSet": {"items": [{"instanceId": "..."}]}}`. */
function itemsIn(
  parameters: Readonly<Record<string, unknown>>,
): readonly Readonly<Record<string, unknown>>[] {
  return Object.values(parameters)
    .flatMap((value) => (isObject(value) && Array.isArray(value.items) ? value.items : []))
    .filter(isObject);
}

function* namedTargets(record: CloudTrailRecord): Generator<readonly [string, unknown]> {
  for (const { ARN } of record.resources ?? []) yield ["resource", ARN];
  const parameters = record.requestParameters;
  if (!isObject(parameters)) return;
  for (const field of TARGET_FIELDS) yield [field, parameters[field]];
  for (const item of itemsIn(parameters)) {
    for (const [field, value] of Object.entries(item)) if (NESTED_FIELDS.has(field)) yield [field, value];
  }
}

function isTarget(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= TARGET_LENGTH && !/\p{Cc}/u.test(value);
}

/** The first 16 different targets, by field; undefined if there are none. */
function targetsOf(record: CloudTrailRecord): Record<string, string[]> | undefined {
  const targets: Record<string, string[]> = {};
  let count = 0;
  for (const [field, value] of namedTargets(record)) {
    for (const target of [value].flat().filter(isTarget)) {
      if (targets[field]?.includes(target)) continue;
      if (count++ === MAX_TARGETS) return targets;
      targets[field] = [...(targets[field] ?? []), target];
    }
  }
  return count > 0 ? targets : undefined;
}

/** Calls that hand out a secret only if a parameter says so, or that would not by their name but do with it. */
function tier(record: CloudTrailRecord, service: string): 0 | 1 | 2 {
  const parameters = isObject(record.requestParameters) ? record.requestParameters : {};
  const call = `${service}:${record.eventName}`;
  if (call.startsWith("ssm:GetParameter") && parameters.withDecryption !== true) return 0;
  if (call === "ec2:DescribeInstanceAttribute" && parameters.attribute === "userData") return 2;
  return operationTier(service, record.eventName, record.readOnly ?? undefined);
}

/** What was called. */
export function cloudtrailOperation(record: CloudTrailRecord): z.input<typeof Operation> {
  const service = serviceOf(record);
  return { service, name: record.eventName, tier: tier(record, service), targets: targetsOf(record) };
}

/** Codes that mean "you may not": no right, or a credential that is not accepted. Anything else is an error. */
const DENIED =
  /AccessDenied|Unauthorized|NotAuthorized|Forbidden|AuthFailure|AuthorizationError|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|OptInRequired/;

/** How the call ended. A failed console sign-in has no error code, only a `Failure` under its own name. */
export function cloudtrailOutcome({
  errorCode,
  eventName,
  responseElements,
}: CloudTrailRecord): z.input<typeof Outcome> {
  if (errorCode)
    return { result: DENIED.test(errorCode) ? "denied" : "error", reason: plain(errorCode, NAME_LENGTH) };
  if (isObject(responseElements) && responseElements[eventName] === "Failure") return { result: "denied" };
  return { result: "ok" };
}

/** One line of at most `max` characters: callers choose their user agent freely. */
function plain(text: string | undefined, max: number): string | undefined {
  return text?.replace(/\p{Cc}/gu, "").slice(0, max) || undefined;
}

/**
 * Where the call came from. S3 puts the user agent in brackets, no other service does. No node: CloudTrail attests which
 * workload the credentials were given to, which is not where a stolen one is used.
 */
export function networkOf(record: CloudTrailRecord): z.input<typeof Network> {
  return {
    ip: plain(record.sourceIPAddress, NAME_LENGTH),
    region: plain(record.awsRegion, NAME_LENGTH),
    userAgent: plain(record.userAgent?.replace(/^\[(.*)\]$/s, "$1"), 512),
    provider: isMadeByAws(record) || undefined,
  };
}
